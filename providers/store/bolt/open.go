package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"math/bits"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// probeSize is about what a batch of turns needs.
const probeSize = 16 << 10

const (
	adviceForeign = "name another file, or move this one away"
	adviceDamaged = `restore a backup that "callflow backup" made, or move the file away to start with nothing: the calls that are running are lost then, and actions not yet delivered`
)

// opened is what is kept beside the records of a file.
type opened struct {
	counts counts
	tail   tail
}

// open opens the file, or makes it, carries what its journals have into it, and reads
// what is kept beside the records. It changes nothing where it refuses something.
func open(path string) (*bbolt.DB, opened, error) {
	made := false
	afterForks()
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		made = true
	case err != nil:
		return nil, opened{}, fmt.Errorf("the store file %s cannot be opened: %w", path, bare(err))
	case !info.Mode().IsRegular():
		return nil, opened{}, fmt.Errorf("the store %s is not a file; %s", path, adviceForeign)
	case info.Size() > 0:
		if err := inspect(path); err != nil {
			return nil, opened{}, err
		}
	}
	if info == nil || info.Size() == 0 {
		// A journal whose file is gone is not for the one that is made in its place.
		if _, _, err := journals(path, tail{format: formatWhole}); err != nil {
			return nil, opened{}, err
		}
	}
	db, err := openWritable(path)
	if err != nil {
		return nil, opened{}, err
	}
	o, err := replay(db, path)
	if err == nil {
		err = tryFolder(path, made)
	}
	if err != nil {
		return nil, opened{}, errors.Join(err, letGo(db, err))
	}
	return db, o, nil
}

// afterForks waits until programs that this process is starting run: until then they
// have its open files, and with them the lock of a store that was closed a moment ago.
func afterForks() {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
}

// letGo closes a database after an error. One in disorder might wait for itself for
// ever.
func letGo(db *bbolt.DB, after error) error {
	if errors.Is(after, errDisorder) {
		return nil
	}
	return db.Close()
}

// tryFolder finds out when the store is opened, and not by callers, whether there can
// be journals, and has a file that was made be found again.
func tryFolder(path string, made bool) error {
	part, err := createPart(journalPart(path))
	if err == nil {
		err = errors.Join(part.Close(), os.Remove(part.Name()))
	}
	if err == nil && made {
		err = syncFolder(path)
	}
	if err != nil {
		return fmt.Errorf("beside the store file %s there can be no journals: %w. The user that callflow runs as must be able to make files in the folder %s", path, bare(err), filepath.Dir(path))
	}
	return nil
}

// renew writes the head of a file anew, and nothing else. What was read of it may be
// only in memory, where another process was killed before a sync, or one failed: with a
// power cut the file would be what it was before. So that has to stay whole until what
// was read is on disk, and the next transaction would use its pages.
func renew(db *bbolt.DB) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recovered(&err)
	fresh := false
	err = db.View(func(tx *bbolt.Tx) error {
		first, _ := tx.Cursor().First()
		fresh = first == nil
		return nil
	})
	if err != nil || fresh { // there is nothing to lose
		return err
	}
	return db.Update(func(*bbolt.Tx) error { return nil })
}

// replay carries journals that were left into the file, and removes them.
func replay(db *bbolt.DB, path string) (o opened, err error) {
	t, err := tailOf(db)
	if err != nil {
		return o, fmt.Errorf("the store file %s: %w", path, err)
	}
	layers, end, err := journals(path, t)
	if err != nil {
		return o, err
	}
	if err = renew(db); err == nil {
		o, err = prepare(db)
	}
	if err != nil {
		return o, fmt.Errorf("the store file %s: %w", path, err)
	}
	if t.format != formatWhole {
		if _, err := carry(db, end, layers...); err != nil {
			return o, fmt.Errorf("the journal of the store file %s cannot be carried into it: %w", path, err)
		}
		if o, err = prepare(db); err != nil { // whose counts are others now
			return o, fmt.Errorf("the store file %s: %w", path, err)
		}
	}
	if err := removeJournals(path); err != nil {
		return o, fmt.Errorf("a journal of the store file %s cannot be removed: %w", path, err)
	}
	return o, nil
}

// journals tells how the journals beside a file go on from it.
func journals(path string, t tail) ([]*layer, tail, error) {
	found, err := findJournals(path, t.carried)
	if err != nil {
		return nil, t, err
	}
	return goOn(path, t, found)
}

// tailOf reads what a file says of how it goes on.
func tailOf(db *bbolt.DB) (t tail, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recovered(&err)
	err = db.View(func(tx *bbolt.Tx) error {
		t, err = readTail(tx)
		return err
	})
	return t, err
}

// openInspected opens a file that has been looked at, and leaves its journals alone.
func openInspected(path string) (*bbolt.DB, opened, error) {
	afterForks()
	db, err := openWritable(path)
	if err != nil {
		return nil, opened{}, err
	}
	o, err := prepare(db)
	if err != nil {
		return nil, opened{}, errors.Join(fmt.Errorf("the store file %s: %w", path, err), db.Close())
	}
	return db, o, nil
}

// openWritable opens the file for good. bbolt panics where it finds what inspect has
// overlooked; it keeps the lock then, until the process ends.
func openWritable(path string) (db *bbolt.DB, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = damaged(path, fmt.Sprint(p))
		}
	}()
	if db, err = bbolt.Open(path, 0o600, options(path)); err != nil {
		return nil, openError(path, err)
	}
	db.AllocSize = 4 << 20
	return db, nil
}

// options are how the file is opened.
func options(path string) *bbolt.Options {
	return &bbolt.Options{
		// At once: who has the lock keeps it for as long as it runs.
		Timeout: time.Millisecond,
		// Which pages are free is found out when the file is opened, rather than
		// written with every transaction.
		NoFreelistSync:  true,
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: mapSize(path),
		NoStatistics:    true,
	}
}

// mapSize is how many addresses to set aside for the file. They cost nothing, and
// a file that outgrows them has to wait for a backup that is being taken.
func mapSize(path string) int {
	if bits.UintSize < 64 || runtime.GOOS == "windows" {
		return 0
	}
	size := int64(1 << 30)
	if info, err := os.Stat(path); err == nil {
		size = max(size, 2*info.Size())
	}
	return int(size)
}

// prepare makes what a new file lacks, and reads what is kept beside the records.
func prepare(db *bbolt.DB) (o opened, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recovered(&err)
	fresh, whole := true, true
	err = db.View(func(tx *bbolt.Tx) error {
		if first, _ := tx.Cursor().First(); first == nil {
			return nil
		}
		fresh = false
		for n := range buckets {
			whole = whole && tx.Bucket(n.name()) != nil
		}
		if o.tail, err = readTail(tx); err != nil {
			return err
		}
		if o.counts, err = readCounts(tx.Bucket(bucketFormat.name()).Get(keyCounts)); err != nil {
			return fmt.Errorf("%w (%s): %s", errDamaged, "its counts cannot be read", adviceDamaged)
		}
		return nil
	})
	if err != nil || !fresh && whole {
		return o, err
	}
	if fresh {
		o.tail.format = formatWhole
	}
	return o, db.Update(func(tx *bbolt.Tx) error {
		for n := range buckets {
			if _, err := tx.CreateBucketIfNotExists(n.name()); err != nil {
				return err
			}
		}
		if !fresh {
			return nil
		}
		b := tx.Bucket(bucketFormat.name())
		if err := b.Put(keyCounts, o.counts.write()); err != nil {
			return err
		}
		return b.Put(keyFormat, []byte(formatWhole))
	})
}

// inspect refuses a file that is not a store of this program, or damaged. It only
// reads.
func inspect(path string) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = damaged(path, fmt.Sprint(p))
		}
	}()
	// Whoever has the file may be writing: only its head is looked at without the lock.
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("the store file %s cannot be opened: %w", path, bare(err))
	}
	defer f.Close()
	// A file without a good first page is not bbolt's business.
	m, err := readMeta(f)
	if err != nil {
		return notOurs(path, err)
	}
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("the store file %s cannot be opened: %w", path, bare(err))
	}
	if info.Size() < 4*int64(m.pageSize) { // which bbolt begins with, and tells in words of its own
		return damaged(path, fmt.Sprintf("it is cut short: %d bytes", info.Size()))
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Millisecond, NoStatistics: true})
	if err != nil {
		return openError(path, err)
	}
	defer db.Close()
	if info, err = f.Stat(); err != nil {
		return fmt.Errorf("the store file %s cannot be opened: %w", path, bare(err))
	}
	if err := verify(f, info.Size()); err != nil {
		return damaged(path, err.Error())
	}
	return db.View(func(tx *bbolt.Tx) error {
		if first, _ := tx.Cursor().First(); first == nil {
			return nil // made, and nothing written yet
		}
		b := tx.Bucket(bucketFormat.name())
		if b == nil {
			return notOurs(path, errors.New("it is the database of another program"))
		}
		if found := string(b.Get(keyFormat)); found != formatWhole && found != formatJournal {
			return fmt.Errorf("the store file %s has the format %.20q, and this version of callflow has %q: use the version that wrote it, or %s", path, found, formatJournal, adviceForeign)
		}
		for n := range bucketsAtFirst {
			if tx.Bucket(n.name()) == nil {
				return damaged(path, "it has no "+bucketNames[n])
			}
		}
		return nil
	})
}

func damaged(path, what string) error {
	return fmt.Errorf("the store file %s is damaged (%s); nothing in it was changed. %s", path, what, sentence(adviceDamaged))
}

func notOurs(path string, what error) error {
	return fmt.Errorf("%s is not a callflow store (%w); nothing in it was changed. %s", path, what, sentence(adviceForeign))
}

func sentence(s string) string { return string(s[0]-'a'+'A') + s[1:] }

// openError says what can be done about a file that cannot be had.
func openError(path string, err error) error {
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("the store file %s is in use: another callflow has it open. Stop that one, or give this one a file of its own", path)
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch):
		return damaged(path, bare(err).Error())
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the store file %s cannot be made: there is no folder %s", path, filepath.Dir(path))
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("the store file %s cannot be opened: not allowed. The user that callflow runs as must be able to read and write it", path)
	default:
		return fmt.Errorf("the store file %s cannot be opened: %w", path, bare(err))
	}
}

// bare takes the path out of an error: it is said already.
func bare(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
