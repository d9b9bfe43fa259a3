package index

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"time"

	"callflow/engine/runner"
)

// batch is how many users are saved at once.
const batch = 2000

// mostProblems bounds how many lines that are no user are told about one by one.
const mostProblems = 100

// Progress is how far an import has come.
type Progress struct {
	Line    int `json:"line"`    // read
	Users   int `json:"users"`   // among them
	Changed int `json:"changed"` // of whom something was new
	Bad     int `json:"bad"`     // lines that are no user
	Removed int `json:"removed"` // users that a full import no longer found
	// Odd counts users with a number that nobody could have: one without its country's
	// code, where there is no region. OddLine is the first of them.
	Odd     int `json:"odd"`
	OddLine int `json:"odd_line"`
	// Problems are the first bad lines.
	Problems []*Problem `json:"-"`
}

// Job is an import.
type Job struct {
	Phones Store
	// Name is the same for the same file: an import that was broken off goes on
	// where it stood. "": it is not remembered.
	Name string
	// Full says that the export has every user: those it does not have are taken
	// for deleted, as of At.
	Full bool
	At   time.Time // when the export was made
	// Report is told from time to time; nil: nobody is.
	Report func(Progress)
}

// Store is what an import needs of a runner.Phones.
type Store interface {
	PutUsers(ctx context.Context, users []runner.PhoneUser) (int, error)
	PhoneUsers(ctx context.Context, after string, limit int) ([]runner.PhoneUser, error)
	Mark(ctx context.Context, name string, value []byte) error
	Marked(ctx context.Context, name string) ([]byte, error)
}

// Run imports what r reads. When it fails, what it came to is kept, and Run may be
// called again with a reader of the same file.
func (j Job) Run(ctx context.Context, r *Reader) (Progress, error) {
	var p Progress
	done, err := j.resume(ctx)
	if err != nil {
		return p, err
	}
	var seen seen
	if j.Full {
		seen = newSeen()
	}
	users := make([]runner.PhoneUser, 0, batch)
	save := func() error {
		if len(users) > 0 {
			changed, err := j.Phones.PutUsers(ctx, users)
			if err != nil {
				return fmt.Errorf("save users up to line %d: %w", p.Line, err)
			}
			p.Changed += changed
			users = users[:0]
		}
		if p.Line > done.Line {
			if err := j.remember(ctx, p); err != nil {
				return err
			}
		}
		if j.Report != nil {
			j.Report(p)
		}
		return nil
	}
	for {
		u, err := r.Next()
		p.Line = r.Line()
		var bad *Problem
		switch {
		case errors.Is(err, io.EOF):
			if err := save(); err != nil {
				return p, err
			}
			if j.Full {
				if p.Bad > 0 && p.Users == 0 {
					return p, noExport{errors.New("no line of it is a user: nothing was removed")}
				}
				if p.Removed, err = j.remove(ctx, seen); err != nil {
					return p, err
				}
			}
			return p, j.forget(ctx)
		case errors.As(err, &bad):
			if p.Bad++; len(p.Problems) < mostProblems {
				p.Problems = append(p.Problems, bad)
			}
			continue
		case err != nil:
			return p, errors.Join(err, save())
		}
		p.Users++
		if r.odd {
			if p.Odd++; p.Odd == 1 {
				p.OddLine = p.Line
			}
		}
		if j.Full {
			seen.add(u.ID)
		}
		if p.Line <= done.Line {
			p.Changed = done.Changed
			continue // saved the last time
		}
		if users = append(users, u); len(users) == batch {
			if err := save(); err != nil {
				return p, err
			}
		}
	}
}

func (j Job) mark() string { return "import/" + j.Name }

// resume finds out how far the import of this file had come.
func (j Job) resume(ctx context.Context) (p Progress, err error) {
	if j.Name == "" {
		return p, nil
	}
	value, err := j.Phones.Marked(ctx, j.mark())
	if errors.Is(err, runner.ErrNotFound) {
		return p, nil
	}
	if err == nil && json.Unmarshal(value, &p) != nil {
		return Progress{}, nil // from the beginning, then
	}
	return p, err
}

func (j Job) remember(ctx context.Context, p Progress) error {
	if j.Name == "" {
		return nil
	}
	value, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return j.Phones.Mark(ctx, j.mark(), value)
}

func (j Job) forget(ctx context.Context) error {
	if j.Name == "" {
		return nil
	}
	return j.Phones.Mark(ctx, j.mark(), nil)
}

// remove marks users as deleted whom a full export no longer has. One who was
// updated after it was made stays.
func (j Job) remove(ctx context.Context, seen seen) (removed int, err error) {
	seen.sort()
	for after := ""; ; {
		users, err := j.Phones.PhoneUsers(ctx, after, batch)
		if err != nil || len(users) == 0 {
			return removed, err
		}
		after = users[len(users)-1].ID
		var gone []runner.PhoneUser
		for _, u := range users {
			if !u.Deleted && !seen.has(u.ID) && u.UpdatedAt.Before(j.At) {
				gone = append(gone, runner.PhoneUser{ID: u.ID, UpdatedAt: j.At, Deleted: true})
			}
		}
		if len(gone) == 0 {
			continue
		}
		n, err := j.Phones.PutUsers(ctx, gone)
		removed += n
		if err != nil {
			return removed, fmt.Errorf("remove users: %w", err)
		}
	}
}

// seen is which users an export has: eight bytes for each, so that a million take
// eight megabytes. Two that fall together keep one user too many, at worst.
type seen struct {
	hash maphash.Hash
	all  []uint64
}

func newSeen() seen { return seen{hash: maphash.Hash{}} }

func (s *seen) of(id string) uint64 {
	s.hash.Reset()
	_, _ = s.hash.WriteString(id)
	return s.hash.Sum64()
}

func (s *seen) add(id string) { s.all = append(s.all, s.of(id)) }

func (s *seen) sort() { slices.Sort(s.all) }

func (s *seen) has(id string) bool {
	_, found := slices.BinarySearch(s.all, s.of(id))
	return found
}
