package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"log"
	"net/http"
	"strconv"
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

// App answers the app's requests, each logged in a line. Only GET / counts a visit.
type App struct {
	Pod    string
	Moscow *time.Location
	Visits Visits
	Told   context.Context // is done once the app was told to stop
}

type answer struct {
	status int
	kind   string
	text   string
}

func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	answer := a.answerTo(r)
	header := w.Header()
	header.Set("Content-Type", answer.kind+"; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(answer.text)))
	if answer.status == http.StatusMethodNotAllowed {
		header.Set("Allow", "GET, HEAD")
	}
	if a.Told.Err() != nil {
		header.Set("Connection", "close") // the client's next request goes to another pod
	}
	w.WriteHeader(answer.status)
	if _, err := io.WriteString(w, answer.text); err != nil && r.Method != http.MethodHead {
		log.Printf("writing an answer failed: %v", err)
	}
	log.Printf("%+.200q %d %.1fms", r.Method+" "+r.RequestURI, answer.status, time.Since(start).Seconds()*1000)
}

func (a *App) answerTo(r *http.Request) answer {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return plain(http.StatusMethodNotAllowed, "only GET and HEAD are answered\n")
	}
	path, _, _ := strings.Cut(r.RequestURI, "?")
	switch path {
	case "/":
		return a.visit(r)
	case "/visits":
		return a.counted(r, func(count uint64) answer { return plain(http.StatusOK, fmt.Sprintln(count)) })
	case "/healthcheck": // for liveness: a restart of the app cures nothing that its store lacks
		return asJSON(map[string]string{"status": "ok"})
	case "/ready":
		return a.ready(r)
	case "/status":
		return a.counted(r, func(count uint64) answer { return asJSON(a.greeting(count)) })
	default:
		return plain(http.StatusNotFound, "not found\n")
	}
}

func (a *App) visit(r *http.Request) answer {
	add := a.Visits.Add
	if r.Method == http.MethodHead {
		add = a.Visits.Count // a look at the headers is not a visit
	}
	count, err := add(r.Context())
	if err != nil {
		log.Printf("counting a visit failed: %v", err)
		return plain(http.StatusInternalServerError, "the visit could not be counted\n")
	}
	greeting := a.greeting(count)
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		text := fmt.Sprintf("%s in Moscow\npod %s\nvisits %d\n", greeting.Time, greeting.Pod, greeting.Visits)
		return plain(http.StatusOK, text)
	}
	var text strings.Builder
	if err := page.Execute(&text, greeting); err != nil {
		panic(err) // a strings.Builder takes everything, and the template is a constant
	}
	return answer{http.StatusOK, "text/html", text.String()}
}

// ready is for readiness: the app can count a visit, and is going to stay.
func (a *App) ready(r *http.Request) answer {
	if a.Told.Err() != nil {
		return plain(http.StatusServiceUnavailable, "not ready: the app is stopping\n")
	}
	if err := a.Visits.Check(r.Context()); err != nil {
		log.Printf("not ready: %v", err)
		return plain(http.StatusServiceUnavailable, fmt.Sprintf("not ready: %v\n", err))
	}
	return asJSON(map[string]string{"status": "ok"})
}

// counted answers with the visits so far, or says that they cannot be read.
func (a *App) counted(r *http.Request, answerFor func(uint64) answer) answer {
	count, err := a.Visits.Count(r.Context())
	if err != nil {
		log.Printf("reading the visits failed: %v", err)
		return plain(http.StatusServiceUnavailable, "the visits could not be read\n")
	}
	return answerFor(count)
}

func (a *App) greeting(count uint64) Greeting {
	return Greeting{App: "go", Pod: a.Pod, Time: time.Now().In(a.Moscow).Format(time.DateTime), Visits: count}
}

func plain(status int, text string) answer {
	return answer{status, "text/plain", text}
}

func asJSON(value any) answer {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // texts and numbers can always be written
	}
	return answer{http.StatusOK, "application/json", string(text) + "\n"}
}
