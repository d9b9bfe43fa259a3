package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// journalNames are where journals lie: one is written to, the other is on its way into
// the file.
func journalNames(path string) [2]string { return [2]string{path + "-journal-a", path + "-journal-b"} }

// followed is the file that a path leads to, of which one may be a symbolic link:
// journals lie beside the file, whatever it is called by.
func followed(path string) string {
	for range linksMost {
		to, err := os.Readlink(path)
		if err != nil {
			break // it is none
		}
		if !filepath.IsAbs(to) {
			folder, _ := filepath.Split(path)
			to = folder + to // not cleaned: the folder may be a link, too
		}
		path = to
	}
	return path
}

// linksMost bounds links that lead in a circle.
const linksMost = 40

// journalPart is the name of a journal that is being made.
func journalPart(path string) string { return path + "-journal-new" }

// A journal grows by as much as it holds, between these: what is written over zeros
// that are there already needs one write less to be kept.
const (
	growLeast = 64 << 10
	growMost  = 1 << 20
)

// journal is a journal that is written to.
type journal struct {
	file *os.File
	salt uint32
	last uint64 // number of the last record
	end  int64  // of the records
	size int64  // of the file, with the zeros behind them
	sync func(*os.File) error
}

// createJournal makes a journal that is empty, in the place of what has its name. When
// it returns, the journal is there after a power cut.
func createJournal(name, part string, run runID, first uint64) (_ *journal, err error) {
	f, err := createPart(part)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(part)
		}
	}()
	head := appendJournalHead(nil, run, first)
	if _, err := f.Write(head); err != nil {
		return nil, err
	}
	if err := f.Sync(); err != nil {
		return nil, err
	}
	if err := os.Rename(part, name); err != nil {
		return nil, err
	}
	if err := syncFolder(name); err != nil {
		return nil, err
	}
	salt := binary.LittleEndian.Uint32(head[journalHead-4:])
	return &journal{file: f, salt: salt, end: int64(journalHead), size: int64(journalHead), sync: syncData}, nil
}

// createPart makes a file that was not there: what somebody else has put in its place,
// a link to another file or one that all may read, is not written to.
func createPart(part string) (*os.File, error) {
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

// append writes a record. Without an error it is on disk; with one nobody knows, and
// the journal must not be written to any more. It returns the record's bytes, which
// may have got more room.
func (j *journal) append(rec []byte) ([]byte, error) {
	n := int64(len(rec))
	if n > recordMost {
		return rec, fmt.Errorf("a record of %d bytes is too long", n)
	}
	if j.end+n > j.size {
		size := j.end + n + min(max(j.end, growLeast), growMost)
		rec = append(rec, make([]byte, size-j.end-n)...)
		j.size = size
	}
	if _, err := j.file.WriteAt(rec, j.end); err != nil {
		return rec, err
	}
	if err := j.sync(j.file); err != nil {
		return rec, err
	}
	j.end += n
	j.last = binary.LittleEndian.Uint64(rec[8:])
	return rec, nil
}

// confirm says behind the last record that it is on disk. It waits for nothing: the
// next record is written over it. Where it is found, that record was whole.
func (j *journal) confirm() {
	mark := beginRecord(make([]byte, 0, markSize))
	finishRecord(mark, j.salt, j.last, 0)
	_, _ = j.file.WriteAt(mark, j.end) // without it one knows less, after a crash
}

// removeJournals removes what lies beside a file.
func removeJournals(path string) error {
	names := journalNames(path)
	for _, name := range append(names[:], journalPart(path)) {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// syncFolder makes sure that a file is found again under its name.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // which does so by itself
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	err = dir.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil // not every file system can
	}
	return err
}
