package memory

import (
	"bytes"
	"context"
	"sync"

	"callflow/engine/runner"
)

// programs keeps sources by their content hash.
type programs struct {
	mu     sync.RWMutex
	byHash map[string][]byte
}

func newPrograms() programs { return programs{byHash: make(map[string][]byte)} }

// SaveProgram keeps source under hash.
func (s *Store) SaveProgram(ctx context.Context, hash string, source []byte) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	s.programs.mu.Lock()
	defer s.programs.mu.Unlock()
	if _, known := s.programs.byHash[hash]; !known {
		s.programs.byHash[hash] = append([]byte{}, source...)
	}
	return nil
}

// LoadProgram returns what was saved under hash.
func (s *Store) LoadProgram(ctx context.Context, hash string) ([]byte, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	s.programs.mu.RLock()
	defer s.programs.mu.RUnlock()
	source, ok := s.programs.byHash[hash]
	if !ok {
		return nil, runner.ErrNotFound
	}
	return bytes.Clone(source), nil
}
