package index

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"callflow/engine/runner"
	"callflow/providers/phone"
)

// longestLine bounds one user of an export, in bytes. A profile has up to 10 KB,
// some older ones a megabyte.
const longestLine = 2 << 20

// Reader reads users of an export: JSON, one user a line, or CSV with a first line
// of names; either may be compressed with gzip. It holds one user at a time.
type Reader struct {
	region phone.Region
	at     time.Time
	line   int
	odd    bool // the user read last has a number that cannot be taken
	next   func() (user, error)
}

// Problem is a line that is no user. The next line may be one.
type Problem struct {
	Line   int
	Reason string
}

func (p *Problem) Error() string { return fmt.Sprintf("line %d: %s", p.Line, p.Reason) }

// NewReader begins to read. at is when the export was made, for users that do not
// say when they were updated. The error may be ErrNoExport.
func NewReader(r io.Reader, region phone.Region, at time.Time) (*Reader, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	if head, _ := in.Peek(2); len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b {
		unzipped, err := gzip.NewReader(in)
		if err != nil {
			return nil, noExport{fmt.Errorf("it begins as gzip does, and is not: %w", err)}
		}
		in = bufio.NewReaderSize(unzipped, 64<<10)
	}
	if head, _ := in.Peek(3); string(head) == "\xef\xbb\xbf" {
		_, _ = in.Discard(3)
	}
	reader := &Reader{region: region, at: at}
	head, err := in.Peek(1)
	switch {
	case errors.Is(err, io.EOF):
		reader.next = func() (user, error) { return user{}, io.EOF }
	case err != nil:
		return nil, fmt.Errorf("read the export: %w", err)
	case head[0] == '[':
		return nil, noExport{errors.New("it is one JSON array; an export has one user a line")}
	case head[0] == '{':
		reader.next = func() (user, error) { return reader.json(in) }
	default:
		if reader.next, err = reader.csv(in); err != nil {
			return nil, err
		}
	}
	return reader, nil
}

// ErrNoExport is what the errors are of a file that is no export, or not the whole of
// one: reading it again does not help.
var ErrNoExport = errors.New("no export of users")

// noExport says what is wrong with such a file.
type noExport struct{ error }

func (noExport) Is(target error) bool { return target == ErrNoExport }
func (e noExport) Unwrap() error      { return e.error }

// errCutOff is said of a compressed file that lacks its end.
var errCutOff = noExport{errors.New("the file ends before the export does: fetch it again")}

// Line is that of the user read last.
func (r *Reader) Line() int { return r.line }

// Next reads a user. The error is io.EOF at the end, a *Problem for a line that is
// no user, and anything else where reading failed.
func (r *Reader) Next() (runner.PhoneUser, error) {
	u, err := r.next()
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return runner.PhoneUser{}, fmt.Errorf("line %d: %w", r.line, errCutOff)
	}
	if err != nil {
		return runner.PhoneUser{}, err
	}
	e, odd, err := u.entry(r.region, r.at)
	if err != nil {
		return runner.PhoneUser{}, &Problem{r.line, err.Error()}
	}
	r.odd = odd
	return e, nil
}

func (r *Reader) problem(format string, args ...any) error {
	return &Problem{r.line, fmt.Sprintf(format, args...)}
}

func (r *Reader) json(in *bufio.Reader) (u user, err error) {
	for {
		line, err := in.ReadSlice('\n')
		r.line++
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			long, err := rest(in, line)
			if err != nil {
				return u, err
			}
			if long == nil {
				return u, r.problem("it is longer than %d bytes", longestLine)
			}
			line = long
		case errors.Is(err, io.EOF) && len(line) == 0:
			return u, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return u, fmt.Errorf("line %d: %w", r.line, err)
		}
		if len(strings.TrimSpace(string(line))) == 0 {
			continue
		}
		if err := json.Unmarshal(line, &u); err != nil {
			return u, r.problem("it is not a user as JSON")
		}
		return u, nil
	}
}

// rest reads on to the end of a long line; nil: it is too long, and was skipped.
func rest(in *bufio.Reader, begin []byte) ([]byte, error) {
	line := append([]byte{}, begin...)
	for {
		part, err := in.ReadSlice('\n')
		if line != nil {
			if line = append(line, part...); len(line) > longestLine {
				line = nil
			}
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		return line, nil
	}
}

// csv reads the names of the columns and gives what reads a row.
func (r *Reader) csv(in *bufio.Reader) (func() (user, error), error) {
	rows := &rows{in: in}
	names, err := rows.read()
	if err != nil {
		return nil, noExport{fmt.Errorf("it is neither JSON nor CSV: %w", err)}
	}
	column := map[string]int{}
	for i, name := range names {
		column[strings.TrimSpace(unquoted(name))] = i
	}
	if _, ok := column["user_id"]; !ok {
		return nil, noExport{errors.New(`it is neither JSON nor CSV with a column "user_id"`)}
	}
	return func() (u user, err error) {
		row, err := rows.read()
		r.line = rows.line
		switch {
		case errors.Is(err, io.EOF):
			return u, err
		case errors.Is(err, errBroken), errors.Is(err, errLongLine):
			return u, &Problem{r.line, err.Error()}
		case err != nil:
			return u, fmt.Errorf("line %d: %w", r.line, err)
		case len(row) != len(names):
			return u, r.problem("it has %d columns, the first line names %d", len(row), len(names))
		}
		field := func(names ...string) text {
			for _, name := range names {
				if i, ok := column[name]; ok && row[i] != "" {
					return text(unquoted(row[i]))
				}
			}
			return ""
		}
		u = user{
			ID: string(field("user_id")), Phone: field("phone_number"), Name: field("name"), Updated: field("updated_at"),
			Account: field("account_number", "app_metadata.account_number"),
		}
		if provider := field("identities[0].provider", "provider"); provider != "" {
			u.Identities = []identity{{Provider: string(provider)}}
		}
		return u, nil
	}, nil
}

// unquoted takes off the single quote that Auth0 puts before every string, so that
// no spreadsheet takes it for a formula.
func unquoted(s string) string { return strings.TrimPrefix(s, "'") }
