// A small web app that counts its visits, in a file or in redis: the Go sample of stateful-apps.
//
// Environment: PORT (default 8080), POD_NAME (default: the host's name), DATA_DIR (the file's folder, default
// /app/data); for redis in place of the file REDIS_ADDRESS (host:port), REDIS_KEY (default visits), REDIS_PASSWORD;
// STOP_DELAY, the seconds that the app goes on answering after SIGTERM (default 0).
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
	_ "time/tzdata" // the image is made from scratch and has no time zones of its own
)

// How long a request may take, also one that is under way when the app stops.
const requestTimeout = 10 * time.Second

func main() {
	// Before anything else: a signal that the first process of a container does not handle is lost.
	told, forget := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	log.SetOutput(os.Stdout)
	delay, err := stopDelay()
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{
		ReadTimeout:                  requestTimeout,
		WriteTimeout:                 requestTimeout,
		IdleTimeout:                  time.Minute,
		MaxHeaderBytes:               64 << 10,
		DisableGeneralOptionsHandler: true,
	}
	failed := make(chan error, 1)
	go func() { failed <- serve(server, told) }()
	select {
	case err := <-failed:
		log.Fatal(err)
	case <-told.Done():
	}
	forget() // a second signal ends the app at once
	stop(server, delay)
}

// serve answers requests until the server is shut down.
func serve(server *http.Server, told context.Context) error {
	moscow, err := time.LoadLocation("Europe/Moscow")
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	visits, err := openVisits()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", ":"+cmp.Or(os.Getenv("PORT"), "8080"))
	if err != nil {
		return err
	}
	server.Handler = &App{Pod: cmp.Or(os.Getenv("POD_NAME"), host), Moscow: moscow, Visits: visits, Told: told}
	log.Printf("listening on port %d, %s", listener.Addr().(*net.TCPAddr).Port, visits)
	return server.Serve(listener)
}

// stop ends the server: after the delay, in which Kubernetes takes the pod out of its Services, it accepts no connection,
// closes idle ones, and waits for the requests that are under way.
func stop(server *http.Server, delay time.Duration) {
	log.Print("stopping")
	time.Sleep(delay)
	deadline, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	if err := server.Shutdown(deadline); err != nil {
		log.Printf("closing connections that are not idle: %v", err)
	}
}

// stopDelay reads STOP_DELAY.
func stopDelay() (time.Duration, error) {
	text := cmp.Or(os.Getenv("STOP_DELAY"), "0")
	seconds, err := strconv.ParseUint(text, 10, 16)
	if err != nil || seconds > 3600 {
		return 0, fmt.Errorf("STOP_DELAY is not a number of seconds from 0 to 3600: %q", text)
	}
	return time.Duration(seconds) * time.Second, nil
}

// openVisits opens the counter that the environment names.
func openVisits() (Visits, error) {
	if address := os.Getenv("REDIS_ADDRESS"); address != "" {
		return NewRedisVisits(address, cmp.Or(os.Getenv("REDIS_KEY"), "visits"), os.Getenv("REDIS_PASSWORD"))
	}
	return OpenFileVisits(filepath.Join(cmp.Or(os.Getenv("DATA_DIR"), "/app/data"), "visits.txt"))
}
