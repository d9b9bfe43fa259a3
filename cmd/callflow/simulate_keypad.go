package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/term"

	"callflow/engine"
	"callflow/flows/flowtest"
)

const keypadHelp = `Keys: 0-9 * #   Enter: wait until the timer runs out   -: silence   ": say something   x: hang up`

// keypad plays a call with a person at the terminal, and leaves the terminal as
// it was.
func (c *Command) keypad(ctx context.Context, in *os.File, player *flowtest.Player, trace bool) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	saved, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return fmt.Errorf("switch the terminal to single keys: %w", err)
	}
	defer func() { _ = term.Restore(int(in.Fd()), saved) }()
	k := &keypad{
		player: player,
		page:   &page{w: &rawWriter{c.Stdout}, color: c.colorful(c.Stdout), width: widthOf(c.Stdout), trace: trace},
	}
	return k.run(ctx, keysOf(ctx, in))
}

// rawWriter ends lines as a terminal in raw mode needs it.
type rawWriter struct{ w io.Writer }

func (r *rawWriter) Write(b []byte) (int, error) {
	if _, err := r.w.Write(bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// keysOf gives what is typed, byte by byte, until ctx is done or the reader
// ends. A read that a terminal does not answer ends with the process.
func keysOf(ctx context.Context, r io.Reader) <-chan byte {
	keys := make(chan byte)
	go func() {
		defer close(keys)
		buf := make([]byte, 64)
		for {
			n, err := r.Read(buf)
			for _, b := range buf[:n] {
				select {
				case keys <- b:
				case <-ctx.Done():
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	return keys
}

// keypad is a person with a telephone.
type keypad struct {
	player *flowtest.Player
	page   *page
	shown  int // entries of the transcript
	typed  string
	// saying tells that words are being typed, and words are those.
	saying bool
	words  []byte
}

func (k *keypad) run(ctx context.Context, keys <-chan byte) error {
	if err := k.player.Start(ctx); err != nil {
		return err
	}
	k.page.print("%s\n", k.page.paint(faint, keypadHelp))
	k.page.head(k.player.Transcript())
	k.show()
	var escape escapes
	for k.page.err == nil {
		if _, waits := k.player.Question(); !waits {
			break
		}
		var err error
		select {
		case <-ctx.Done():
			err = k.player.Hangup(context.WithoutCancel(ctx))
		case b, more := <-keys:
			switch {
			case !more:
				err = k.player.Hangup(ctx)
			case !escape.swallows(b):
				err = k.key(ctx, b)
			}
		}
		if err != nil && !errors.Is(err, flowtest.ErrOver) {
			k.page.print("\n")
			return err
		}
	}
	if err := k.player.Settle(ctx); err != nil {
		return err
	}
	k.show()
	k.page.foot(k.player.Transcript())
	return k.page.err
}

// key does what a key of the keyboard stands for.
func (k *keypad) key(ctx context.Context, b byte) error {
	q, _ := k.player.Question()
	var err error
	switch {
	case k.saying:
		err = k.letter(ctx, b)
	case b == '"' && q.Gather != nil && q.Gather.Speech != nil:
		k.saying, k.words = true, nil
	case b == 'x' || b == 'X' || b == 'h' || b == 'H' || b == 'q' || b == 3 || b == 4: // Ctrl-C, Ctrl-D
		err = k.player.Hangup(ctx)
	case q.Record != nil && string(rune(b)) == q.Record.Terminator:
		err = k.player.EndBusy(ctx, false)
	case q.Busy() && (b == '\r' || b == '\n'):
		err = k.player.EndBusy(ctx, false)
	case q.Busy():
		return nil
	case b >= '0' && b <= '9' || b == '*' || b == '#':
		k.typed += string(rune(b))
		err = k.player.Press(ctx, string(rune(b)))
	case b == '\r' || b == '\n' || b == '-' || b == 's' || b == 'S':
		err = k.player.Expire(ctx)
	default:
		k.page.print("\a")
		return nil
	}
	k.show()
	return err
}

// letter takes a letter of what is said: Enter says it, Escape or Ctrl-C does not.
func (k *keypad) letter(ctx context.Context, b byte) error {
	switch {
	case b == '\r' || b == '\n' || b == '"':
		k.saying = false
		if text := strings.TrimSpace(string(k.words)); text != "" {
			return k.player.Say(ctx, engine.NewSecret(text), false)
		}
	case b == 3 || b == 4 || b == 0x1b:
		k.saying = false
	case b == 0x7f || b == 8:
		k.words = k.words[:max(0, len(k.words)-1)]
	case b >= ' ' && len(k.words) < maxWords:
		k.words = append(k.words, b)
	}
	return nil
}

// maxWords is how much can be said at once, in bytes.
const maxWords = 200

// show prints what has happened, and what is being waited for.
func (k *keypad) show() {
	entries := k.player.Transcript().Entries
	k.page.print("\r\x1b[K")
	if k.shown < len(entries) {
		k.page.entries(entries[k.shown:])
		k.shown = len(entries)
	}
	q, waits := k.player.Question()
	if !waits {
		return
	}
	if q.Pressed == 0 {
		k.typed = ""
	}
	k.page.print("%s%s", k.page.paint(faint, "["+describeQuestion(q)+"] "), k.echo(q))
}

// echo is what was pressed of an entry that is not finished.
func (k *keypad) echo(q flowtest.Question) string {
	switch {
	case k.saying:
		return k.page.paint(keyed, `"`+harmless(string(k.words)))
	case q.Gather == nil || q.Pressed == 0:
		return ""
	case q.Gather.Secret:
		return k.page.paint(keyed, strings.Repeat("*", q.Pressed))
	}
	n := min(q.Pressed, len(k.typed))
	return k.page.paint(keyed, k.typed[len(k.typed)-n:])
}

// describeQuestion is the state, what it takes, and how much of it is there.
func describeQuestion(q flowtest.Question) string {
	switch {
	case q.Dial != nil:
		return q.State + ": connected to " + harmless(q.Dial.To) + "; Enter ends it"
	case q.Queue != nil:
		return q.State + ": waiting in " + harmless(q.Queue.Queue) + "; Enter goes on"
	case q.Record != nil:
		return q.State + ": recording; Enter ends it"
	case len(q.Gather.Options) > 0:
		return q.State + ": " + strings.Join(q.Gather.Options, " ")
	}
	return q.State + ": " + wanted(q.Gather) + collected(q)
}

func wanted(g *engine.Gather) string {
	text := plural(g.Max, "key")
	if g.Min < g.Max {
		text = "up to " + text
	}
	if g.Terminator != "" {
		text += " and " + g.Terminator
	}
	return text
}

func collected(q flowtest.Question) string {
	if q.Pressed == 0 {
		return ""
	}
	return fmt.Sprintf(", %d pressed", q.Pressed)
}

// escapes swallows what arrow keys and the like send.
type escapes struct{ in, opened bool }

func (e *escapes) swallows(b byte) bool {
	switch {
	case b == 0x1b:
		*e = escapes{in: true}
		return true
	case !e.in:
		return false
	case !e.opened && (b == '[' || b == 'O'):
		e.opened = true
		return true
	case !e.opened:
		// Escape by itself, and then an ordinary key.
		e.in = false
		return false
	}
	e.in = b < 0x40 || b > 0x7e
	return true
}
