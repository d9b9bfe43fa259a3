package memory

import (
	"bytes"
	"context"
	"slices"
	"time"

	"callflow/engine/runner"
)

// letter is a notice that waits, and when its session should wake for it.
type letter struct {
	runner.Mail
	wake instant
}

// Post adds mail to a session.
func (s *Store) Post(ctx context.Context, id string, data []byte, wake time.Time) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	t := &s.sessions
	t.mu.Lock()
	defer t.mu.Unlock()
	at, err := t.find(id)
	if err != nil {
		return err
	}
	rec := t.all.at(at)
	t.lastMail++
	m := letter{runner.Mail{ID: t.lastMail, Data: bytes.Clone(data)}, instantOf(wake)}
	rec.mail = append(rec.mail, m)
	t.wake.set(at, min(rec.wake.at, m.wake))
	return nil
}

// Mail returns a session's mail.
func (s *Store) Mail(ctx context.Context, id string) ([]runner.Mail, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	t := &s.sessions
	t.mu.Lock()
	defer t.mu.Unlock()
	at, known := t.byID[identOf(id)]
	if !known {
		return nil, nil
	}
	rec := t.all.at(at)
	if len(rec.mail) == 0 {
		return nil, nil
	}
	mail := make([]runner.Mail, len(rec.mail))
	for i, m := range rec.mail {
		mail[i] = runner.Mail{ID: m.ID, Data: bytes.Clone(m.Data)}
	}
	return mail, nil
}

// unread returns the mail after id read, and nothing rather than an empty list,
// so that a session whose mail was read costs what it did before.
func unread(mail []letter, read int64) []letter {
	i := slices.IndexFunc(mail, func(m letter) bool { return m.ID > read })
	if i < 0 {
		return nil
	}
	return slices.Delete(mail, 0, i)
}
