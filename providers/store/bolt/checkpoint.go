package bolt

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
)

// limits say when journals are carried into the file. What is in journals is in memory
// too, and is read when the store is opened after a crash: both bound them. Where a
// call's turns meet in one journal, only the last of them goes into the file.
type limits struct {
	// carry is how long a journal may become, in bytes, before a checkpoint begins;
	// every is how old its first record.
	carry int64
	every time.Duration
	// most is how long the next journal may become before turns wait for a checkpoint
	// that does not keep up.
	most int64
}

// errDisorder is what a checkpoint ends with that has left the database locked.
var errDisorder = errors.New("the database is in disorder")

// checkpointed is how a checkpoint in the background ended.
type checkpointed struct {
	tail tail
	tx   int // the file's transaction that has it
	err  error
}

// start makes the first journal of a run. The file says that it has journals only when
// there is one, and only then is anything written to it.
func (s *Store) start() error {
	if err := s.inPlace(); err != nil {
		return err
	}
	if err := removeJournals(s.path); err != nil { // whatever lies there, the file is whole
		return err
	}
	next := tail{format: formatJournal, carried: s.number, arrivals: s.arrivals}
	_, _ = rand.Read(next.run[:]) // never fails
	j, err := createJournal(journalNames(s.path)[0], journalPart(s.path), next.run, s.number+1)
	if err != nil {
		return err
	}
	s.step("started")
	if _, err := s.carry(next); err != nil {
		return errors.Join(err, j.file.Close())
	}
	s.journal, s.slot = j, 0
	return nil
}

// rotate begins a new journal, and has the one so far carried into the file in the
// background.
func (s *Store) rotate() error {
	if err := s.inPlace(); err != nil {
		return err
	}
	names := journalNames(s.path)
	j, err := createJournal(names[1-s.slot], journalPart(s.path), s.saved.run, s.number+1)
	if err != nil {
		return err
	}
	top := s.top.Load()
	s.top.Store(&overlay{old: top.young, since: top.since})
	older, name := s.journal, names[s.slot]
	s.journal, s.slot = j, 1-s.slot
	s.step("rotated")
	next := s.saved
	next.carried, next.arrivals = s.number, s.arrivals
	s.tried = next
	s.carrying = true
	db := s.db.Load()
	go func() {
		tx, err := carry(db, next, &top.young)
		err = errors.Join(err, older.file.Close())
		if err == nil {
			s.step("carried")
			// One that stays is known to be in the file.
			_ = os.Remove(name)
			s.step("removed")
		}
		s.checkpoints <- checkpointed{next, tx, err}
	}()
	return nil
}

// await waits for the checkpoint that is under way.
func (s *Store) await() {
	if s.carrying {
		s.settle(<-s.checkpoints)
	}
}

// settle lets go of what a checkpoint has carried.
func (s *Store) settle(c checkpointed) {
	s.carrying = false
	if c.err != nil {
		s.failed(c.err)
		s.failing.Store(true)
		return
	}
	s.saved = c.tail
	s.top.Store(&overlay{young: s.top.Load().young, since: c.tx})
}

// failed takes note that the file was not written.
func (s *Store) failed(err error) {
	s.broken, s.stale = err, true
	if errors.Is(err, errDisorder) {
		s.lost = fmt.Errorf("bolt store: %s: %w; %s", s.path, err, adviceDamaged)
	}
}

// seal carries everything into the file, and ends the run of journals: the file is
// whole then, without anything beside it.
func (s *Store) seal() error {
	s.await()
	switch {
	case s.lost != nil:
		return s.lost
	case s.journal == nil && s.broken == nil:
		return nil
	}
	if s.stale {
		if err := s.reopen(); err != nil {
			return err
		}
	}
	top := s.top.Load()
	// A record that failed may be in the journal for all that: its number counts, so
	// that what has it is known to be over.
	tx, err := s.carry(tail{format: formatWhole, run: s.saved.run, carried: s.number, arrivals: s.arrivals}, &top.old, &top.young)
	if err != nil {
		return err
	}
	s.step("sealed")
	s.top.Store(&overlay{since: tx})
	s.broken = nil
	if s.journal != nil {
		_ = s.journal.file.Close()
		s.journal = nil
	}
	if s.inPlace() == nil { // or they are another's
		_ = removeJournals(s.path) // start sees to those that stay
	}
	return nil
}

// inPlace finds out whether the file is still what has its name. What is saved would be
// lost with one that was removed, and in the place of one that was put there somebody
// else may have the journals.
func (s *Store) inPlace() error {
	info, err := os.Stat(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: it is gone", errMoved)
	case err != nil:
		return err
	case !os.SameFile(info, s.file):
		return fmt.Errorf("%w: another file has its name", errMoved)
	}
	return nil
}

// errMoved is met where somebody has moved or removed the file while it was in use.
var errMoved = errors.New("the file was moved while it was in use, put it back or restart this process")

// carry carries layers into the file and waits for it.
func (s *Store) carry(next tail, layers ...*layer) (tx int, err error) {
	s.tried = next
	if tx, err = carry(s.db.Load(), next, layers...); err != nil {
		s.failed(err)
		return 0, err
	}
	s.saved = next
	return tx, nil
}

// carry writes layers, the older one first, into the file with one transaction, whose
// number it returns. It may be done again: a layer says what keys have become, not
// what is done to them.
func carry(db *bbolt.DB, t tail, layers ...*layer) (id int, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %w: %v", errDisorder, errDamaged, p)
		}
	}()
	tx, err := db.Begin(true)
	if err != nil {
		return 0, err
	}
	id = tx.ID()
	for _, l := range layers {
		if err := l.write(tx); err != nil {
			return 0, errors.Join(err, tx.Rollback())
		}
	}
	if err := t.write(tx); err != nil {
		return 0, errors.Join(err, tx.Rollback())
	}
	return id, tx.Commit()
}

// write puts what a layer has into the file's buckets.
func (l *layer) write(tx *bbolt.Tx) (err error) {
	for n, changes := range l {
		if changes == nil {
			continue
		}
		b := tx.Bucket(bucket(n).name())
		changes.Scan(func(key string, value []byte) bool {
			if value == nil {
				err = b.Delete([]byte(key))
			} else {
				err = b.Put([]byte(key), value)
			}
			return err == nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// reopen opens the file anew after a failed write. What is in memory of it may not be
// what is in it: with a full disk all is well once there is room, and what was
// acknowledged is in the journals, and over the file.
func (s *Store) reopen() error {
	if err := s.inPlace(); err != nil {
		return err
	}
	if err := s.db.Load().Close(); err != nil {
		return fmt.Errorf("close %s after a failed write: %w", s.path, err)
	}
	db, f, err := openInspected(s.path)
	if err != nil {
		return fmt.Errorf("open %s after a failed write: %w", s.path, err)
	}
	s.db.Store(db)
	// For a moment nobody had the lock.
	if f.tail.carried > s.number || f.tail.run != s.saved.run && f.tail.run != s.tried.run {
		s.lost = fmt.Errorf("bolt store: %s was changed by another process; restart this one", s.path)
		return s.lost
	}
	if err := renew(db); err != nil {
		return err // and to be opened anew: until then it is there to be read
	}
	s.stale = false
	return nil
}
