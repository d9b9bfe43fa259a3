package tray

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
)

// The bounds of the tray and of one paper.
const (
	maxPapers = 10_000
	maxPaper  = 16 << 10
)

// Paper is what was posted, and where.
type Paper struct {
	Path string          `json:"path"`
	Body json.RawMessage `json:"body"`
}

// Tray keeps papers. Its zero value is empty and ready; it is safe for concurrent
// use.
type Tray struct {
	// Told is called with every paper that is new, one at a time. It may be nil.
	Told func(Paper)

	mu     sync.Mutex
	papers []Paper
	byKey  map[string]Paper
}

// Papers are what has been posted, in order.
func (t *Tray) Papers() []Paper {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.papers)
}

// Handler serves POST of any JSON to any path, which keeps it once for each
// Idempotency-Key; GET /, which lists what was kept; and GET of the answers that
// flows ask for.
func (t *Tray) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /", t.post)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, append([]Paper{}, t.Papers()...))
	})
	mux.HandleFunc("GET /outages/{postcode}", func(w http.ResponseWriter, r *http.Request) {
		known(w, outages(), r.PathValue("postcode"))
	})
	mux.HandleFunc("GET /appointments", func(w http.ResponseWriter, r *http.Request) {
		known(w, appointments(), r.URL.Query().Get("phone"))
	})
	mux.HandleFunc("GET /animals/{animal}", func(w http.ResponseWriter, r *http.Request) {
		known(w, animals(), r.PathValue("animal"))
	})
	return mux
}

func (t *Tray) post(w http.ResponseWriter, r *http.Request) {
	var body json.RawMessage
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxPaper)).Decode(&body); err != nil {
		http.Error(w, "this is no JSON: "+err.Error(), http.StatusBadRequest)
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		http.Error(w, "the header Idempotency-Key is missing", http.StatusBadRequest)
		return
	}
	status, why := t.keep(key, Paper{Path: r.URL.Path, Body: body})
	if why != "" {
		http.Error(w, why, status)
		return
	}
	w.WriteHeader(status)
}

// keep puts a paper into the tray, and gives the status of the answer; with a
// reason where it is not taken.
func (t *Tray) keep(key string, p Paper) (status int, why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if before, ok := t.byKey[key]; ok {
		if before.Path != p.Path || !bytes.Equal(before.Body, p.Body) {
			return http.StatusConflict, "the key belongs to another paper"
		}
		return http.StatusOK, ""
	}
	if len(t.papers) == maxPapers {
		return http.StatusInsufficientStorage, "the tray is full"
	}
	if t.byKey == nil {
		t.byKey = map[string]Paper{}
	}
	t.byKey[key] = p
	t.papers = append(t.papers, p)
	if t.Told != nil {
		t.Told(p)
	}
	return http.StatusCreated, ""
}

func known[V any](w http.ResponseWriter, values map[string]V, key string) {
	v, ok := values[key]
	if !ok {
		http.Error(w, "there is nothing about that", http.StatusNotFound)
		return
	}
	answer(w, http.StatusOK, v)
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the caller has gone
}
