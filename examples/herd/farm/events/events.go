package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
)

// The bounds of the book and of one report.
const (
	maxEvents = 10_000
	maxReport = 4 << 10
)

// Event is what happened to an animal, and who reported it.
type Event struct {
	Event    string `json:"event"`
	Animal   string `json:"animal"`
	Reporter string `json:"reporter"`
}

// Book is a herd book. Its zero value is empty and ready; it is safe for
// concurrent use.
type Book struct {
	// Told is called with every event that is new, one at a time. It may be nil.
	Told func(Event)

	mu     sync.Mutex
	events []Event
	byKey  map[string]Event
}

// Events are what has been recorded, in order.
func (b *Book) Events() []Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.events)
}

// Handler serves POST /events, which records an event once for each
// Idempotency-Key, and GET /events, which lists them.
func (b *Book) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /events", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, append([]Event{}, b.Events()...))
	})
	mux.HandleFunc("POST /events", b.report)
	return mux
}

func (b *Book) report(w http.ResponseWriter, r *http.Request) {
	var e Event
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxReport))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		http.Error(w, "this is no event: "+err.Error(), http.StatusBadRequest)
		return
	}
	if err := e.check(); err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		http.Error(w, "the header Idempotency-Key is missing", http.StatusBadRequest)
		return
	}
	status, err := b.record(key, e)
	if err != nil {
		http.Error(w, err.Error(), status)
		return
	}
	answer(w, status, e)
}

// check refuses what nobody could have meant.
func (e Event) check() error {
	if !slices.Contains([]string{"death", "birth", "treatment"}, e.Event) {
		return fmt.Errorf("event: found %q, expected death, birth or treatment", e.Event)
	}
	if len(e.Animal) != 5 || len(bytes.Trim([]byte(e.Animal), "0123456789")) > 0 {
		return fmt.Errorf("animal: found %q, expected five digits", e.Animal)
	}
	return nil
}

// record keeps an event under its key, and gives the status of the answer.
func (b *Book) record(key string, e Event) (status int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if before, ok := b.byKey[key]; ok {
		if before != e {
			return http.StatusConflict, fmt.Errorf("the key belongs to another event")
		}
		return http.StatusOK, nil
	}
	if len(b.events) == maxEvents {
		return http.StatusInsufficientStorage, fmt.Errorf("the book is full")
	}
	if b.byKey == nil {
		b.byKey = map[string]Event{}
	}
	b.byKey[key] = e
	b.events = append(b.events, e)
	if b.Told != nil {
		b.Told(e)
	}
	return http.StatusCreated, nil
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the caller has gone
}
