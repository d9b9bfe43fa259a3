package bolt

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// foundJournal is a journal that was left beside a file.
type foundJournal struct {
	name string
	journalContent
	// emptied: it has no bytes at all, which is how somebody says to go on without.
	emptied bool
}

// findJournals reads the journals beside a file, and changes nothing. Records up to
// carried are only looked at.
func findJournals(path string, carried uint64) (all []foundJournal, err error) {
	for _, name := range journalNames(path) {
		b, err := readJournal(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, fmt.Errorf("the journal %s cannot be opened: %w", name, bare(err))
		}
		f := foundJournal{name: name, emptied: len(b) == 0}
		if !f.emptied {
			if f.journalContent, err = parseJournal(b, carried); err != nil {
				return nil, damagedJournal(path, name, err.Error())
			}
		}
		all = append(all, f)
	}
	return all, nil
}

// readJournal reads a file. What else may have its name could keep whoever reads it
// waiting.
func readJournal(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a file; move it away")
	}
	return os.ReadFile(name)
}

// goOn tells how journals go on from a file: with which layers, the oldest first, and
// how far. Journals that do not are refused.
func goOn(path string, t tail, found []foundJournal) (layers []*layer, end tail, err error) {
	var ours []*foundJournal
	emptied := false
	for i := range found {
		switch f := &found[i]; {
		case f.emptied:
			emptied = true
		case f.run == t.run && t.format == formatJournal:
			ours = append(ours, f)
		case f.none(): // the power was cut when it had just been made
		case f.run != t.run || f.last > t.carried:
			return nil, t, notItsJournal(path, f.name)
		default: // all of it is in the file; it was about to be removed
		}
	}
	end = t
	end.format = formatWhole
	if t.format == formatWhole {
		return nil, end, nil
	}
	slices.SortFunc(ours, func(a, b *foundJournal) int { return cmp.Compare(a.first, b.first) })
	at := t.carried
	for i, f := range ours {
		if f.first > at+1 || i > 0 && f.first != at+1 {
			return nil, t, damagedJournal(path, f.name, fmt.Sprintf("it begins with record %d, and the one before it is record %d", f.first, at))
		}
		if at = f.last; !f.none() {
			end.arrivals = f.arrivals
		}
		layers = append(layers, &f.changes)
	}
	// A checkpoint begins when there is another journal: one that is wholly in the file
	// is not the last.
	if last := len(ours) - 1; !emptied && (last < 0 || ours[last].first <= t.carried && at <= t.carried) {
		return nil, t, noJournal(path)
	}
	end.carried = at
	return layers, end, nil
}

const adviceEmpty = `to go on with what the store file has by itself, put empty files in the place of its journals: what was saved last is lost then`

func damagedJournal(path, name, what string) error {
	return fmt.Errorf("the journal %s of the store file %s is damaged (%s); nothing was changed. Restore a backup that \"callflow backup\" made, and move the journals away; or, %s", name, path, what, adviceEmpty)
}

func noJournal(path string) error {
	names := journalNames(path)
	return fmt.Errorf("the store file %s was not stopped, and its journal is missing: %s or %s, or both; nothing was changed. Put back what lay beside the file; or, %s", path, names[0], names[1], adviceEmpty)
}

func notItsJournal(path, name string) error {
	return fmt.Errorf("the journal %s does not belong to the store file %s; nothing was changed. Put back the file that it lay beside, which was not stopped; or, to go on with this one, move the journal away", name, path)
}
