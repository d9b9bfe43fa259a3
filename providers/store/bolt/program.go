package bolt

import (
	"bytes"
	"context"

	"callflow/engine/runner"
)

// SaveProgram keeps source under hash. One that is there already costs no write.
func (s *Store) SaveProgram(ctx context.Context, hash string, source []byte) error {
	if err := checkKey("the program's hash", hash); err != nil {
		return err
	}
	known := false
	if err := s.lookup(ctx, bucketPrograms, []byte(hash), func(value []byte) error {
		known = value != nil
		return nil
	}); err != nil || known {
		return err
	}
	source = append([]byte{}, source...)
	return s.do(ctx, func(b *batch) error {
		if b.get(bucketPrograms, []byte(hash)) != nil {
			return nil
		}
		b.put(bucketPrograms, []byte(hash), source)
		return nil
	})
}

// LoadProgram returns what was saved under hash.
func (s *Store) LoadProgram(ctx context.Context, hash string) (source []byte, err error) {
	err = s.lookup(ctx, bucketPrograms, []byte(hash), func(value []byte) error {
		if value == nil {
			return runner.ErrNotFound
		}
		source = bytes.Clone(value)
		return nil
	})
	return source, err
}
