package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"go.uber.org/zap"

	"callflow/server/capture"
)

// capture is what keeps calls, or nil.
func (in *installation) capture(publicURL string, log *zap.Logger, now func() time.Time) (*capture.Recorder, error) {
	if in.config.Record == "" {
		return nil, nil
	}
	var texts [][]byte
	for _, file := range slices.Sorted(maps.Keys(in.bundle.Sources)) {
		texts = append(texts, in.bundle.Sources[file])
	}
	for _, file := range in.config.Words {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("words: %w", err)
		}
		texts = append(texts, text)
	}
	return capture.New(capture.Config{
		Dir: in.config.Record, Chosen: in.config.RecordCalls, Space: in.config.RecordSpace,
		Vocabulary: capture.Words(texts...), PublicURL: publicURL, Log: log, Now: now,
	})
}
