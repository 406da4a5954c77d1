// A small web app that counts its visits, in a file or in redis: the Go sample of stateful-apps.
//
// Environment: PORT (default 8080), POD_NAME (default: the host's name), DATA_DIR (the file's folder, default
// /app/data); for redis in place of the file REDIS_ADDRESS (host:port), REDIS_KEY (default visits), REDIS_PASSWORD.
package main

import (
	"cmp"
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
	_ "time/tzdata" // the image is made from scratch and has no time zones of its own
)

// How long a request that is under way may take once the app was told to stop.
const stopTimeout = 10 * time.Second

func main() {
	log.SetOutput(os.Stdout)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
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
	app := &Server{Pod: cmp.Or(os.Getenv("POD_NAME"), host), Moscow: moscow, Visits: visits}
	listener, err := net.Listen("tcp", ":"+cmp.Or(os.Getenv("PORT"), "8080"))
	if err != nil {
		return err
	}
	server := &http.Server{Handler: app.Handler(), ReadHeaderTimeout: 10 * time.Second}

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	log.Printf("listening on port %d, %s", listener.Addr().(*net.TCPAddr).Port, visits)

	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Print("stopping")
	deadline, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := server.Shutdown(deadline); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// openVisits opens the counter that the environment names.
func openVisits() (Visits, error) {
	if address := os.Getenv("REDIS_ADDRESS"); address != "" {
		return NewRedisVisits(address, cmp.Or(os.Getenv("REDIS_KEY"), "visits"), os.Getenv("REDIS_PASSWORD"))
	}
	return OpenFileVisits(filepath.Join(cmp.Or(os.Getenv("DATA_DIR"), "/app/data"), "visits.txt"))
}
