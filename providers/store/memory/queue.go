package memory

// timer is when a record's time comes, and where it stands in its queue.
type timer struct{ at, queued instant }

// idle is a timer that was never set.
var idle = timer{never, never}

// queue orders records by the time at which they must be looked at. It is a
// binary heap that is lazy about delays: a record whose time moves later, as a
// session's does with every turn, stays where it is and moves on when its old
// time comes. Only one whose time moves earlier is pushed again, and its old
// place is dropped when that comes up. Times stand in the heap itself, so that
// ordering it touches no record.
type queue[T any] struct {
	items []item[T]
	timer func(T) *timer
}

type item[T any] struct {
	at  instant
	rec T
}

// set gives rec a new time; never takes it out.
func (q *queue[T]) set(rec T, at instant) {
	t := q.timer(rec)
	t.at = at
	if at < t.queued {
		t.queued = at
		q.push(at, rec)
	}
}

// take removes and returns the record whose time came first, if any came until
// now. It looks at no more than *budget places, which it counts down; each place
// of a record is looked at once, or twice if the record was delayed.
func (q *queue[T]) take(now instant, budget *int) (rec T, ok bool) {
	for *budget > 0 && q.ready(now) {
		*budget--
		top := q.pop()
		t := q.timer(top.rec)
		if t.queued != top.at {
			continue // it has an earlier place, or had
		}
		t.queued = never
		if t.at == top.at {
			return top.rec, true
		}
		q.set(top.rec, t.at) // delayed meanwhile: it takes its turn there
	}
	return rec, false
}

// ready says whether a place comes up until now. It may turn out to be stale.
func (q *queue[T]) ready(now instant) bool {
	return len(q.items) > 0 && q.items[0].at <= now
}

func (q *queue[T]) push(at instant, rec T) {
	q.items = append(q.items, item[T]{at, rec})
	for i := len(q.items) - 1; i > 0; {
		parent := (i - 1) / 2
		if q.items[parent].at <= q.items[i].at {
			return
		}
		q.items[parent], q.items[i] = q.items[i], q.items[parent]
		i = parent
	}
}

func (q *queue[T]) pop() item[T] {
	last := len(q.items) - 1
	top := q.items[0]
	q.items[0] = q.items[last]
	q.items[last] = item[T]{} // let go of the record
	q.items = q.items[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			return top
		}
		if right := child + 1; right < last && q.items[right].at < q.items[child].at {
			child = right
		}
		if q.items[i].at <= q.items[child].at {
			return top
		}
		q.items[i], q.items[child] = q.items[child], q.items[i]
		i = child
	}
}
