package bolt

import "context"

// OpenSmall opens a store that begins a checkpoint every few batches.
func OpenSmall(path string) (*Store, error) { return openWith(path, small, nothing) }

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

// Written counts the batches that were written.
func (s *Store) Written() (n int) {
	_ = s.ask(context.Background(), func() { n = int(s.number) })
	return n
}

// Records counts what is in all buckets together, places and all, but for what the
// file says of itself.
func (s *Store) Records() (n int) {
	_ = s.view(context.Background(), func(v view) error {
		for b := range buckets {
			if b != bucketFormat {
				c := v.cursor(b)
				for key, _ := c.First(); key != nil; key, _ = c.Next() {
					n++
				}
			}
		}
		return nil
	})
	return n
}
