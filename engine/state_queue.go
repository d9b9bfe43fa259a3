package engine

import "time"

// Name is "queue".
func (QueueState) Name() string { return "queue" }

// Outcomes of a queue.
func (q QueueState) Outcomes() []Outcome {
	all := []Outcome{OutConnected, OutTimeout, OutFailed}
	if q.OfferAfter > 0 {
		all = append(all, OutOffer)
	}
	return all
}

func (q QueueState) arrive(st *step) Outcome {
	if st.ending() {
		return OutGone
	}
	s := st.s
	again := q.Offer != "" && st.from == q.Offer && !s.Queued.IsZero()
	if !again {
		s.Queued, s.Offered = st.at, false
	}
	q.tell(st, 0)
	// Keys meant for what came before are not pressed into the music.
	s.Entry = Entry{}
	s.Dialled = st.at
	st.verbs = append(st.verbs, Enqueue{Queue: q.Queue, Again: again})
	return ""
}

func (q QueueState) route(st *step, ev Event) Outcome {
	switch ev := ev.(type) {
	case Lost:
		return OutFailed
	case QueueEnded:
		s := st.s
		if !s.Dialled.IsZero() {
			s.Bridged += max(0, st.at.Sub(s.Dialled))
			s.Dialled = time.Time{}
		}
		q.tell(st, 0)
		if ev.CallerGone {
			s.Phase = PhaseEnding
			st.reason = string(ev.Result)
			return OutHangup
		}
		switch ev.Result {
		case QueueConnected:
			return OutConnected
		case QueueLeft:
			return q.left(st)
		}
		return OutFailed
	}
	return ""
}

// lenient is how far the clock of whoever told a caller to leave a queue may be
// ahead of the clock of whoever hears that they have left.
const lenient = 5 * time.Second

// left tells why the caller has left: because we said so, or somebody else did.
func (q QueueState) left(st *step) Outcome {
	waited := q.waited(st)
	switch {
	case waited >= q.MaxWait:
		return OutTimeout
	case q.offers(st) && waited+lenient >= q.OfferAfter:
		st.s.Offered = true
		return OutOffer
	case waited+lenient >= q.MaxWait:
		return OutTimeout
	}
	st.reason = "taken out of the queue"
	return OutFailed
}

// offers tells that the offer is still to be made. It is made once.
func (q QueueState) offers(st *step) bool { return q.OfferAfter > 0 && !st.s.Offered }

// waited is how long the caller has waited in all, the offer included.
func (q QueueState) waited(st *step) time.Duration { return max(0, st.at.Sub(st.s.Queued)) }

// aside is what the caller hears while waiting: an announcement, and music until
// the next one is due. It goes by the clock alone, because nothing is saved.
func (q QueueState) aside(st *step, ev Event) error {
	asked, ok := ev.(QueueWaiting)
	if !ok {
		return nil
	}
	waited, due := q.waited(st), q.MaxWait
	if q.offers(st) {
		due = min(due, q.OfferAfter)
	}
	if waited >= due {
		st.verbs = append(st.verbs, Leave{})
		return nil
	}
	q.tell(st, max(0, asked.Position))
	n, length := waited/q.Every, q.Every-waited%q.Every
	if length < q.Every/4 { // the platform is early: the next one is due
		n, length = n+1, length+q.Every
	}
	if len(q.Say) > 0 {
		if err := st.say(q.Say[int(n)%len(q.Say)], false); err != nil {
			return err
		}
	}
	length = max(time.Second, min(length, due-waited))
	if q.Music != "" {
		st.verbs = append(st.verbs, Music{Audio: q.Music, Length: length})
	} else {
		st.verbs = append(st.verbs, Pause{Length: length})
	}
	return nil
}

// tell makes what is known of the waiting the state's value.
func (q QueueState) tell(st *step, position int) {
	st.s.set(q.Var, Record{
		{"position", float64(position)},
		{"waited", q.waited(st).Round(time.Second).Seconds()},
	})
}

// QueueType is the type of what a queue leaves behind: the place in the line, from
// 1, while the caller waits, and the seconds waited, the conversation included.
func QueueType() Type {
	return Type{Base: TypeRecord, Fields: []Field{
		{"position", Type{Base: TypeNumber}},
		{"waited", Type{Base: TypeNumber}},
	}}
}
