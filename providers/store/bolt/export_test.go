package bolt

import "context"

// Do has run take its turn in a batch, as an operation of a store does.
func (s *Store) Do(ctx context.Context, run func() error) error {
	return s.do(ctx, func(*batch) error { return run() })
}

// Closing is closed when the store begins to close.
func (s *Store) Closing() <-chan struct{} { return s.closing }

// Waiting counts the operations that wait.
func (s *Store) Waiting() int {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	return len(s.queue.waiting)
}

// Txid is the number of the last transaction.
func (s *Store) Txid() int {
	tx, err := s.db.Load().Begin(false)
	if err != nil {
		return -1
	}
	defer func() { _ = tx.Rollback() }()
	return tx.ID()
}

// Records counts what is in all buckets together, places and all, but for what the
// file says of itself.
func (s *Store) Records() (n int) {
	_ = s.view(context.Background(), func(v view) error {
		for b := range buckets {
			if b != bucketFormat {
				n += v.bucket(b).Stats().KeyN
			}
		}
		return nil
	})
	return n
}
