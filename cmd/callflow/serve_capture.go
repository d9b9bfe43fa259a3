package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
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
		Vocabulary: capture.Words(texts...), Spoken: capture.Words(in.spoken()...), PublicURL: publicURL, Log: log, Now: now,
	})
}

// spoken are the words that flows understand in their languages besides their own.
func (in *installation) spoken() [][]byte {
	var texts [][]byte
	for _, name := range in.bundle.Names() {
		for _, w := range in.bundle.Flows[name].Spec().Words {
			if w.Speech == nil {
				continue
			}
			s := w.Speech
			for _, list := range [][]string{s.Yes, s.No, s.Repeat, s.Back, s.More, s.Double, s.Triple, s.Fill, slices.Sorted(maps.Keys(s.Keys))} {
				texts = append(texts, []byte(strings.Join(list, " ")))
			}
		}
	}
	return texts
}
