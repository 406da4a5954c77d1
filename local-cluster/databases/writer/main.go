// Writes number after number to a database, each when the one before is acknowledged, and reads them back.
//
//	writer postgres|etcd|nats|rabbitmq ADDRESS
//
// GET /gap answers with the longest time without an acknowledgement since the last request of it, and GET /lost with the
// numbers that were acknowledged and are not in the database. Both are for tests, which ask them around what they do to
// the database.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"sync"
	"time"
)

// An attempt that takes longer has failed: the address of a pod that is gone does not refuse a connection.
const patience = 2 * time.Second

// Leaves the machine some time for other things.
const pause = 10 * time.Millisecond

// A database that holds numbers.
type database interface {
	// Returns when the number is acknowledged. A number can be written twice: after an error it is written again.
	write(ctx context.Context, number int) error
	read(ctx context.Context) (map[int]bool, error)
	close()
}

var connect = map[string]func(ctx context.Context, address string) (database, error){
	"postgres": connectPostgres,
	"etcd":     connectEtcd,
	"nats":     connectNats,
	"rabbitmq": connectRabbitmq,
}

type writer struct {
	kind, address string

	// Held for an attempt to write, or to read.
	attempt  sync.Mutex
	database database

	// Held for what follows.
	mutex            sync.Mutex
	acknowledged     int
	lastAcknowledged time.Time
	longest          time.Duration
	lastError        string
}

// Runs one attempt with a connection, which is closed if it fails.
func (w *writer) try(patience time.Duration, attempt func(ctx context.Context, database database) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if w.database == nil {
		database, err := connect[w.kind](ctx, w.address)
		if err != nil {
			return err
		}
		w.database = database
	}
	err := attempt(ctx, w.database)
	if err != nil {
		w.database.close()
		w.database = nil
	}
	return err
}

func (w *writer) run() {
	for number := 1; ; {
		w.attempt.Lock()
		err := w.try(patience, func(ctx context.Context, database database) error { return database.write(ctx, number) })
		w.attempt.Unlock()
		w.note(number, err)
		if err == nil {
			number++
		}
		time.Sleep(pause)
	}
}

func (w *writer) note(number int, err error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if err != nil {
		log.Printf("%d: %v", number, err)
		w.lastError = err.Error()
		return
	}
	if gap := time.Since(w.lastAcknowledged); gap > time.Second {
		log.Printf("%d: acknowledged after %v", number, gap)
	}
	w.acknowledged = number
	w.longest = w.gap()
	w.lastAcknowledged = time.Now()
}

// The longest time without an acknowledgement, which may not be over yet.
func (w *writer) gap() time.Duration {
	return max(w.longest, time.Since(w.lastAcknowledged))
}

func (w *writer) serveGap(response http.ResponseWriter, _ *http.Request) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	answer(response, map[string]any{
		"acknowledged": w.acknowledged,
		"longestGap":   w.gap().Seconds(),
		"lastError":    w.lastError,
	})
	w.longest = 0
}

func (w *writer) serveLost(response http.ResponseWriter, _ *http.Request) {
	w.attempt.Lock()
	defer w.attempt.Unlock()
	var found map[int]bool
	err := w.try(time.Minute, func(ctx context.Context, database database) (err error) {
		found, err = database.read(ctx)
		return err
	})
	if err != nil {
		http.Error(response, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	lost := []int{}
	for number := 1; number <= w.acknowledged; number++ {
		if !found[number] {
			lost = append(lost, number)
		}
	}
	answer(response, map[string]any{"acknowledged": w.acknowledged, "lost": lost})
	w.lastAcknowledged = time.Now()
}

func answer(response http.ResponseWriter, value any) {
	response.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(response).Encode(value); err != nil {
		log.Print(err)
	}
}

func main() {
	if len(os.Args) != 3 || connect[os.Args[1]] == nil {
		log.Fatal("usage: writer postgres|etcd|nats|rabbitmq ADDRESS")
	}
	w := &writer{kind: os.Args[1], address: os.Args[2], lastAcknowledged: time.Now()}
	go w.run()
	http.HandleFunc("GET /gap", w.serveGap)
	http.HandleFunc("GET /lost", w.serveLost)
	log.Fatal(http.ListenAndServe(":8080", nil))
}
