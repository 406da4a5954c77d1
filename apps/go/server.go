package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"log"
	"net/http"
	"strings"
	"time"
)

//go:embed page.html
var pageSource string

var page = template.Must(template.New("page").Parse(pageSource))

// Greeting is what a visitor sees.
type Greeting struct {
	App    string `json:"app"`
	Pod    string `json:"pod"`
	Time   string `json:"time"` // in Moscow
	Visits uint64 `json:"visits"`
}

// Server answers the app's requests. Only GET / counts a visit.
type Server struct {
	Pod    string
	Moscow *time.Location
	Visits Visits
}

// Handler returns the routes, each request logged in a line.
func (s *Server) Handler() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /{$}", s.visit)
	routes.HandleFunc("GET /visits", s.visits)
	routes.HandleFunc("GET /healthcheck", s.healthcheck)
	routes.HandleFunc("GET /ready", s.ready)
	routes.HandleFunc("GET /status", s.status)
	return logged(routes)
}

func (s *Server) greeting(count uint64) Greeting {
	return Greeting{App: "go", Pod: s.Pod, Time: time.Now().In(s.Moscow).Format(time.DateTime), Visits: count}
}

func (s *Server) visit(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		return // a look at the headers is no visit
	}
	count, err := s.Visits.Add(r.Context())
	if err != nil {
		log.Printf("counting a visit failed: %v", err)
		http.Error(w, "the visit could not be counted", http.StatusInternalServerError)
		return
	}
	greeting := s.greeting(count)
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		fmt.Fprintf(w, "%s in Moscow\npod %s\nvisits %d\n", greeting.Time, greeting.Pod, greeting.Visits)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := page.Execute(w, greeting); err != nil {
		log.Printf("writing the page failed: %v", err)
	}
}

func (s *Server) visits(w http.ResponseWriter, r *http.Request) {
	if count, ok := s.count(w, r); ok {
		fmt.Fprintln(w, count)
	}
}

// healthcheck is for liveness: a restart of the app cures nothing that its store lacks.
func (s *Server) healthcheck(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, map[string]string{"status": "ok"})
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.count(w, r); ok {
		writeJSON(w, map[string]string{"status": "ok"})
	}
}

func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	if count, ok := s.count(w, r); ok {
		writeJSON(w, s.greeting(count))
	}
}

// count reads the visits so far; where they cannot be read, it has answered the request.
func (s *Server) count(w http.ResponseWriter, r *http.Request) (uint64, bool) {
	count, err := s.Visits.Count(r.Context())
	if err != nil {
		log.Printf("reading the visits failed: %v", err)
		http.Error(w, "the visits could not be read", http.StatusServiceUnavailable)
	}
	return count, err == nil
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		log.Printf("writing an answer failed: %v", err)
	}
}

// statusRecorder remembers the status of an answer for the log.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(recorder, r)
		log.Printf("%s %q %d %s", r.Method, r.URL.Path, recorder.status, time.Since(start).Round(time.Microsecond))
	})
}
