package storetest

import (
	"fmt"
	"sync"
	"time"

	"callflow/engine/runner"
)

var mailTests = []test{
	{"missing", func(e *env) {
		e.is(e.Post(e.ctx, "nobody", []byte("x"), t0), runner.ErrNotFound)
		equal(e, "mail", len(e.mail("nobody")), 0)
	}},
	{"order", func(e *env) {
		e.insert("a")
		e.insert("b")
		for i := range 5 {
			e.ok(e.Post(e.ctx, "a", fmt.Append(nil, i), t0))
			e.ok(e.Post(e.ctx, "b", []byte("other"), t0))
		}
		mail := e.mail("a")
		equal(e, "mail", len(mail), 5)
		for i, m := range mail {
			e.same("mail", m.Data, fmt.Sprint(i))
			if i > 0 && m.ID <= mail[i-1].ID {
				e.Fatalf("id %d follows %d", m.ID, mail[i-1].ID)
			}
		}
		equal(e, "version", e.load("a").Version, 1)
	}},
	{"what was read goes, what came later stays", func(e *env) {
		r := e.insert("a")
		e.ok(e.Post(e.ctx, "a", []byte("one"), t0))
		e.ok(e.Post(e.ctx, "a", []byte("two"), t0))
		mail := e.mail("a")
		read := mail[1].ID
		e.ok(e.Post(e.ctx, "a", []byte("three"), t0))
		e.ok(e.Commit(e.ctx, r, nil, read))
		left := e.mail("a")
		equal(e, "mail", len(left), 1)
		e.same("mail", left[0].Data, "three")
		r.Version++
		e.ok(e.Commit(e.ctx, r, nil, left[0].ID))
		equal(e, "mail", len(e.mail("a")), 0)
		// Ids go on growing when the box was empty.
		e.ok(e.Post(e.ctx, "a", []byte("four"), t0))
		if id := e.mail("a")[0].ID; id <= left[0].ID {
			e.Fatalf("id %d follows %d", id, left[0].ID)
		}
	}},
	{"a commit that read nothing drops nothing", func(e *env) {
		r := e.insert("a")
		e.ok(e.Post(e.ctx, "a", []byte("one"), t0))
		e.commit(r)
		equal(e, "mail", len(e.mail("a")), 1)
	}},
	{"a conflict drops nothing", func(e *env) {
		r := e.insert("a")
		e.ok(e.Post(e.ctx, "a", []byte("one"), t0))
		r.Version = 4
		e.is(e.Commit(e.ctx, r, nil, e.mail("a")[0].ID), runner.ErrConflict)
		equal(e, "mail", len(e.mail("a")), 1)
	}},
	{"wakes earlier, never later", func(e *env) {
		e.insert("a") // wakes after a minute
		e.ok(e.Post(e.ctx, "a", nil, after(2*time.Minute)))
		e.at("wake", e.load("a").Wake, after(time.Minute))
		e.ok(e.Post(e.ctx, "a", nil, after(5*time.Second)))
		e.at("wake", e.load("a").Wake, after(5*time.Second))
		e.ok(e.Post(e.ctx, "a", nil, time.Time{}))
		e.at("wake", e.load("a").Wake, after(5*time.Second))
		e.due(after(5*time.Second), 10, "a")
	}},
	{"wakes who would sleep for ever", func(e *env) {
		e.ok(e.Insert(e.ctx, runner.Record{ID: "a"}))
		e.ok(e.Post(e.ctx, "a", nil, after(time.Second)))
		e.due(after(time.Second), 10, "a")
	}},
	{"mail that stays keeps its wake", func(e *env) {
		r := e.insert("a")
		e.ok(e.Post(e.ctx, "a", []byte("one"), after(time.Second)))
		read := e.mail("a")[0].ID
		e.ok(e.Post(e.ctx, "a", []byte("two"), after(2*time.Second)))
		r.Wake = after(10 * time.Minute)
		e.ok(e.Commit(e.ctx, r, nil, read)) // it never saw the second
		e.due(after(time.Second), 10)
		e.due(after(2*time.Second), 10, "a")
		r.Version++
		e.ok(e.Commit(e.ctx, r, nil, e.mail("a")[0].ID))
		e.due(after(9*time.Minute), 10)
		e.due(after(10*time.Minute), 10, "a")
	}},
	{"goes with its session", func(e *env) {
		r := e.insert("a")
		e.ok(e.Post(e.ctx, "a", []byte("one"), t0))
		e.entomb(r, after(time.Hour))
		equal(e, "mail", len(e.mail("a")), 0)
		e.is(e.Post(e.ctx, "a", []byte("two"), t0), runner.ErrEntombed)
	}},
	{"many post, all arrive", func(e *env) {
		e.insert("a")
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				if err := e.Post(e.ctx, "a", fmt.Append(nil, i), t0); err != nil {
					e.Error(err)
				}
			})
		}
		wg.Wait()
		seen := map[int64]bool{}
		for _, m := range e.mail("a") {
			seen[m.ID] = true
		}
		equal(e, "different ids", len(seen), 16)
	}},
	{"bytes are its own", func(e *env) {
		e.insert("a")
		data := []byte("one")
		e.ok(e.Post(e.ctx, "a", data, t0))
		clear(data)
		mail := e.mail("a")
		e.same("mail", mail[0].Data, "one")
		clear(mail[0].Data)
		e.same("mail", e.mail("a")[0].Data, "one")
	}},
}

func (e *env) mail(session string) []runner.Mail {
	e.Helper()
	mail, err := e.Mail(e.ctx, session)
	e.ok(err)
	return mail
}
