package index

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// mostJoined bounds how many lines one row may have: a name with line breaks has a
// few. What seems to go on for longer has lost a quote.
const mostJoined = 20

// rows reads rows of CSV. One that is broken costs itself and none of the others, and
// no more is held than a row may have.
type rows struct {
	in   *bufio.Reader
	line int    // of the row read last
	next int    // of the line read next
	held []held // lines that were read to see whether a row goes on in them
}

// held is a line with what ends it, or one that is too long to be held.
type held struct {
	text string
	long bool
}

// errLongLine is said of a line that is longer than any user.
var errLongLine = fmt.Errorf("it is longer than %d bytes", longestLine)

// errBroken is said of what is no row.
var errBroken = errors.New("it is not a row of CSV")

// read returns the next row that is not empty. The error is io.EOF at the end,
// errBroken or errLongLine for what is no row, and anything else where reading failed.
func (r *rows) read() ([]string, error) {
	for {
		first, err := r.take()
		if err != nil {
			return nil, err
		}
		if strings.TrimRight(first, "\r\n") == "" {
			continue
		}
		text, open := first, goesOn(first, false)
		for joined := 0; open; {
			if joined == mostJoined || len(text) > longestLine {
				return nil, errBroken
			}
			more, err := r.peek(joined)
			if errors.Is(err, io.EOF) || more.long {
				return nil, errBroken
			}
			if err != nil {
				return nil, err
			}
			joined++
			text += more.text
			if open = goesOn(more.text, true); !open {
				r.held, r.next = r.held[joined:], r.next+joined
			}
		}
		c := csv.NewReader(strings.NewReader(text))
		c.LazyQuotes, c.FieldsPerRecord = true, -1
		row, err := c.Read()
		if err != nil {
			return nil, errBroken
		}
		return row, nil
	}
}

// take returns the next line, with what ends it.
func (r *rows) take() (string, error) {
	line, err := r.peek(0)
	if err != nil {
		return "", err
	}
	r.held = r.held[1:]
	r.next++
	r.line = r.next
	if line.long {
		return "", errLongLine
	}
	return line.text, nil
}

// peek returns the line behind i others without taking it.
func (r *rows) peek(i int) (held, error) {
	for len(r.held) <= i {
		line, err := r.in.ReadSlice('\n')
		long := false
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if line, err = rest(r.in, line); err != nil {
				return held{}, err
			}
			long = line == nil
		case errors.Is(err, io.EOF) && len(line) == 0:
			return held{}, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return held{}, err
		}
		r.held = append(r.held, held{string(line), long})
	}
	return r.held[i], nil
}

// goesOn tells whether a quoted field is open at the end of a line. A quote opens a
// field only at its beginning, and closes it only at its end: others are text.
func goesOn(line string, open bool) bool {
	line = strings.TrimRight(line, "\r\n")
	start := !open
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case open && c == '"' && i+1 < len(line) && line[i+1] == '"':
			i++
		case open && c == '"' && (i+1 == len(line) || line[i+1] == ','):
			open = false
		case open:
		case c == ',':
			start = true
			continue
		case c == '"' && start:
			open = true
		}
		start = false
	}
	return open
}
