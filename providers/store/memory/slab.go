package memory

// place is the number of a record in a slab.
type place uint32

// slab keeps records of one kind side by side and gives each a place. What refers to
// a record by its place is nothing that a garbage collector has to follow; with
// pointers, following them was a sixth of what a turn cost.
type slab[T any] struct {
	chunks [][]T
	free   []place
	next   place
}

// chunkSize is how many records are allocated at once.
const chunkSize = 256

// at is the record at a place, until it is dropped.
func (s *slab[T]) at(p place) *T { return &s.chunks[p/chunkSize][p%chunkSize] }

// add keeps a record.
func (s *slab[T]) add(rec T) place {
	var p place
	if last := len(s.free) - 1; last >= 0 {
		p, s.free = s.free[last], s.free[:last]
	} else {
		p = s.next
		s.next++
		if p%chunkSize == 0 {
			s.chunks = append(s.chunks, make([]T, chunkSize))
		}
	}
	*s.at(p) = rec
	return p
}

// drop lets go of a record and leaves rest in its place: a queue may still name the
// place, and must find there that nothing is due.
func (s *slab[T]) drop(p place, rest T) {
	*s.at(p) = rest
	s.free = append(s.free, p)
}
