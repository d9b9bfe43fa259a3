package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"go.uber.org/zap"

	"callflow/cmd/callflow/config"
)

// offerCopies answers with a copy of the store, one at a time.
func offerCopies(mux *http.ServeMux, store snapshotter, log *zap.Logger) {
	var one sync.Mutex
	mux.HandleFunc("GET /copy", func(w http.ResponseWriter, r *http.Request) {
		if !one.TryLock() {
			http.Error(w, "another copy is being made", http.StatusConflict)
			return
		}
		defer one.Unlock()
		w.Header().Set("Content-Type", "application/octet-stream")
		if err := store.Snapshot(r.Context(), w); err != nil {
			log.Error("the store was not copied", zap.Error(err))
			panic(http.ErrAbortHandler) // whoever asked sees that it is cut off
		}
		log.Info("the store was copied")
	})
}

// askForCopy writes what the server that has the store answers: errNoServer.
func askForCopy(ctx context.Context, from config.Store, w io.Writer) error {
	body, err := ask(ctx, from, http.MethodGet, "/copy", nil)
	if err != nil {
		return err
	}
	defer body.Close()
	n, err := io.Copy(w, body)
	if err == nil && n == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		return fmt.Errorf("the copy that the server at %s sent is not whole: %w; look into its log, and try again", socketOf(from), err)
	}
	return nil
}
