package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"callflow/engine"
	"callflow/flows/flowtest"
)

// margin is where text begins, behind the clock.
const margin = 7

// ink is how a line looks on a terminal.
type ink string

const (
	plain  ink = ""
	strong ink = "1"
	faint  ink = "2"
	keyed  ink = "36"
	alarm  ink = "31"
	good   ink = "32"
)

// page lays a call out as a person would read it.
type page struct {
	w     io.Writer
	color bool
	width int // in columns
	trace bool
	err   error
}

// colorful tells whether a writer is a terminal that shows colours.
func (c *Command) colorful(w io.Writer) bool {
	if _, set := c.lookup("NO_COLOR"); set {
		return false
	}
	if name, _ := c.lookup("TERM"); name == "dumb" {
		return false
	}
	return isTerminal(w)
}

// printCall prints a whole call.
func (c *Command) printCall(w io.Writer, t *flowtest.Transcript, trace bool) error {
	p := &page{w: w, color: c.colorful(w), width: widthOf(w), trace: trace}
	p.head(t)
	p.entries(t.Entries)
	p.foot(t)
	return p.err
}

func (p *page) print(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *page) paint(i ink, text string) string {
	if !p.color || i == plain {
		return text
	}
	return "\x1b[" + string(i) + "m" + text + "\x1b[0m"
}

// head says which call it is.
func (p *page) head(t *flowtest.Transcript) {
	name := t.Flow
	if t.Title != "" {
		name += ": " + t.Title
	}
	p.print("%s\n%s\n\n", p.paint(strong, name), p.paint(faint, fmt.Sprintf("in %s, from %s to %s", t.Language, t.From, t.To)))
}

func (p *page) entries(entries []flowtest.Entry) {
	for i := range entries {
		p.entry(&entries[i])
	}
}

func (p *page) entry(e *flowtest.Entry) {
	switch e.Kind {
	case flowtest.Heard, flowtest.Held:
		text := e.Text
		if len(e.Audio) > 0 {
			text += " (recorded: " + strings.Join(e.Audio, ", ") + ")"
		}
		if e.Cut {
			p.line(e.At, faint, "", text+" (cut off by a key)")
		} else {
			p.line(e.At, plain, "", text)
		}
	case flowtest.Pressed:
		if e.Dropped {
			p.line(e.At, faint, "> ", e.Text+" (dropped)")
		} else {
			p.line(e.At, keyed, "> ", e.Text)
		}
	case flowtest.Said:
		text := `"` + harmless(e.Text) + `"`
		if e.Unclear {
			text += " (unclear)"
		}
		p.line(e.At, keyed, "> ", text)
	case flowtest.Silence:
		p.line(e.At, keyed, "> ", "(silence)")
	case flowtest.HungUp:
		p.line(e.At, keyed, "> ", "(hangs up)")
	case flowtest.Again:
		p.line(e.At, faint, "= ", "the last hook is delivered again: the same answer")
	case flowtest.Dialled:
		p.line(e.At, faint, "= ", "transfer to "+e.Text)
	case flowtest.Recording:
		p.line(e.At, faint, "= ", "recording of the call: "+e.Text)
	case flowtest.Queued:
		p.line(e.At, faint, "= ", "queue "+e.Text)
	case flowtest.Recorded:
		p.line(e.At, faint, "= ", "recording: "+e.Text)
	case flowtest.Whispered:
		p.line(e.At, faint, "= ", "whispered to whoever takes the call: "+e.Text)
	case flowtest.Service:
		text := e.Text
		if e.After {
			text += ", after the caller stopped waiting"
		}
		p.line(e.At, faint, "= ", text)
	}
	for _, m := range e.Milestones {
		p.line(e.At, good, "* ", "milestone "+m)
	}
	if p.trace {
		for _, h := range e.Hops {
			p.hop(h)
		}
	}
}

// line prints text behind the clock, and wraps it under itself.
func (p *page) line(at time.Duration, i ink, sign, text string) {
	indent := strings.Repeat(" ", margin+len(sign))
	lead := fmt.Sprintf("%5s  ", clock(at))
	for n, part := range wrap(text, p.width-len(indent)) {
		if n == 0 {
			p.print("%s%s\n", p.paint(faint, lead), p.paint(i, sign+part))
			continue
		}
		p.print("%s%s\n", indent, p.paint(i, part))
	}
}

// hop prints a move of the machine.
func (p *page) hop(h engine.Hop) {
	why := h.Event
	if !strings.Contains(why, h.Reason) {
		why = strings.TrimPrefix(why+": "+h.Reason, ": ")
	}
	text := fmt.Sprintf("%s (%s): %s -> %s", h.From, h.Kind, h.Outcome, h.To)
	if why != "" {
		text += " [" + why + "]"
	}
	for n, part := range wrap(text, p.width-margin-6) {
		indent := margin + 4
		if n > 0 {
			indent += 2
		}
		p.print("%s%s\n", strings.Repeat(" ", indent), p.paint(faint, part))
	}
}

// foot says how the call ended.
func (p *page) foot(t *flowtest.Transcript) {
	look, text := strong, ""
	switch t.End.How {
	case flowtest.ByFlow:
		text = fmt.Sprintf("The flow ended the call in state %s.", t.End.State)
	case flowtest.ByGoodbye:
		text = "Attempts or limits were used up: the flow said goodbye."
	case flowtest.ByError:
		look, text = alarm, "The flow failed and apologised; --trace shows where."
		if p.trace {
			text = "The flow failed and apologised."
		}
	case flowtest.ByCaller:
		text = "The caller hung up."
	case flowtest.Waiting:
		text = fmt.Sprintf("The script is at its end; the call waits in state %s.", t.End.State)
	}
	p.print("\n")
	p.line(t.End.After, look, "", text)
	if t.Unused > 0 {
		p.line(t.End.After, plain, "", fmt.Sprintf("%s of the script came too late.", plural(t.Unused, "word")))
	}
	if n := len(t.Promised); n > 0 {
		p.line(t.End.After, alarm, "", fmt.Sprintf("%s not delivered yet and would be sent again.", plural(n, "action")+map[bool]string{true: " is", false: " are"}[n == 1]))
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// clock writes a time of the call as minutes and seconds.
func clock(d time.Duration) string {
	s := int(d.Seconds())
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// wrap breaks text into lines of so many columns, between words.
func wrap(text string, columns int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(harmless(text)) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > columns {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// harmless is text that cannot steer a terminal.
func harmless(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) || unicode.Is(unicode.Bidi_Control, r) {
			return utf8.RuneError
		}
		return r
	}, text)
}

// lookup finds a variable of the environment.
func (c *Command) lookup(name string) (value string, set bool) {
	for _, pair := range c.Env {
		if key, v, _ := strings.Cut(pair, "="); key == name {
			value, set = v, true
		}
	}
	return value, set
}
