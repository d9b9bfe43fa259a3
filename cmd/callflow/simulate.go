package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"callflow/engine"
	"callflow/flows"
	"callflow/flows/flowtest"
)

// The exit statuses of a simulated call that did not end by its flow.
const (
	exitCaller  callEnd = 3 // the caller hung up
	exitError   callEnd = 4 // the flow failed and apologised
	exitWaiting callEnd = 5 // the flow still waits for keys
)

// callEnd is how a call ended, told by the exit status alone.
type callEnd int

func (e callEnd) Error() string { return fmt.Sprintf("the call ended with status %d", int(e)) }

// Unwrap says that the reader has seen it already.
func (e callEnd) Unwrap() error { return errShown }

// simulation is what the flags of simulate say.
type simulation struct {
	script          string
	scripted        bool
	trace, json     bool
	from, to, lang  string
	live            bool
	dials           []string
	users, standins string
	config          string
	slow, fail      []string
	keyByKey        bool
	keysOnly        bool
	at              string
}

func newSimulate(c *Command) *cobra.Command {
	var s simulation
	cmd := &cobra.Command{
		Use:   "simulate FLOW",
		Short: "Play a call in the terminal, on a virtual clock",
		Long: `Plays a call to a flow: a file, or a folder with a flow.yaml. Nothing rings and
nothing waits; prompts take the time they would take to speak.

Without a script the call is interactive: press telephone keys, and see what the
caller would hear. With --dtmf, or with a script on standard input, it is played
through and printed.

` + flowtest.ScriptHelp + `

Who can sign in stands in users.yaml beside the flow, and what services answer
in standins.yaml; --live uses the real ones of callflow.yaml. An Auth0 tenant then
sends its codes to real telephones, to numbers that sms.allow has, and is searched
for the caller; codes of users in a file are shown, and sent to nobody.

Exit status: 0 the flow ended the call; 3 the caller hung up; 4 the flow failed
and apologised; 5 it still waits for keys at the end of the script; 1 the flow has
errors; 2 the command line, or a file it names, is wrong.`,
		Example: `  callflow simulate examples/authzero
  callflow simulate examples/authzero --dtmf '12345# 1234 1 9' --trace
  callflow simulate examples/herd --dtmf '1 00042 1x' --slow herd=3s --language es`,
		Args: oneFlow,
		RunE: func(cmd *cobra.Command, args []string) error {
			s.scripted = cmd.Flags().Changed("dtmf")
			return c.simulate(cmd.Context(), args[0], s)
		},
	}
	f := cmd.Flags()
	f.StringVar(&s.script, "dtmf", "", "what the caller does, as a `SCRIPT`")
	f.BoolVar(&s.trace, "trace", false, "show every move of the machine, with its outcome and reason")
	f.BoolVar(&s.json, "json", false, "print the call as one JSON object; without any secret")
	f.StringVar(&s.from, "from", "+15550100", "the caller's `NUMBER`")
	f.StringVar(&s.to, "to", "+15550199", "the `NUMBER` that was called")
	f.StringVar(&s.lang, "language", "", "the call's `LANGUAGE`; left out, the flow's first")
	f.StringVar(&s.at, "at", "", "the `INSTANT` when the call begins, such as 2026-12-25T10:00:00+11:00; left out, now")
	f.StringSliceVar(&s.dials, "dial", nil, "how transfers end: completed, busy, no_answer or failed, in order")
	f.StringVar(&s.users, "users", "", "a `FILE` of users, instead of the one beside the flow")
	f.StringVar(&s.standins, "standins", "", "a `FILE` of stand-ins, instead of the one beside the flow")
	f.StringSliceVar(&s.slow, "slow", nil, "make a service, or sign_in, slow: `NAME[=TIME]`, 5s by default")
	f.StringSliceVar(&s.fail, "fail", nil, "make a service, or sign_in, fail: `NAME`")
	f.BoolVar(&s.live, "live", false, "use the real sign-in, codes and services of callflow.yaml")
	f.StringVar(&s.config, "config", "", "the `FILE` that --live reads, instead of callflow.yaml beside the flow")
	f.BoolVar(&s.keyByKey, "key-by-key", false, "play a platform that hands on each key by itself")
	f.BoolVar(&s.keysOnly, "keys-only", false, "play a platform that does not listen: what is said is silence")
	exclusive(cmd, "live", "standins", "users", "slow", "fail")
	return cmd
}

// oneFlow wants the name of a flow and nothing else.
func oneFlow(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usagef("found %d arguments, expected one flow: a file, or a folder with a flow.yaml; see %q", len(args), cmd.CommandPath()+" --help")
	}
	return nil
}

func (c *Command) simulate(ctx context.Context, path string, s simulation) error {
	if s.config != "" && !s.live {
		return usagef("--config is read with --live only: add --live, or leave it out")
	}
	flow, err := c.openCallable(path)
	if err != nil {
		return err
	}
	if err := speaks(flow.program.Spec().Languages, s.lang); err != nil {
		return err
	}
	world, stage, done, err := c.world(flow, s)
	if err != nil {
		return err
	}
	defer done()
	at, err := c.instant(s.at)
	if err != nil {
		return err
	}
	dials, err := dialResults(s.dials)
	if err != nil {
		return err
	}
	if dials == nil && stage != nil {
		dials = stage.Dials()
	}
	var records []engine.RecordResult
	var queues []flowtest.QueueEnd
	if stage != nil {
		records, queues = stage.Records(), stage.Queues()
		s.keysOnly = s.keysOnly || stage.KeysOnly()
	}
	id := "simulation"
	if s.live {
		id += "-" + rand.Text() // services must not take one call for another
	}
	player := flowtest.New(flow.program, flowtest.Options{
		ID: id, World: world, Dials: dials, Records: records, Queues: queues, KeyByKey: s.keyByKey, KeysOnly: s.keysOnly, At: at,
		Call: engine.Call{Platform: "simulator", ID: id, From: s.from, To: s.to, Language: s.lang},
	})
	if in, ok := c.terminal(); ok && !s.scripted {
		if !isTerminal(c.Stdout) || s.json {
			return usagef("an interactive call needs a terminal to show itself; give a script with --dtmf, or on standard input")
		}
		if err := c.keypad(ctx, in, player, s.trace); err != nil {
			return err
		}
	} else if err := c.playScript(ctx, player, s); err != nil {
		return err
	}
	if stage != nil {
		for _, missing := range stage.Missing() {
			fmt.Fprintf(c.Stderr, "callflow: %s\n", missing)
		}
	}
	return ended(player.Transcript())
}

// instant is when a call begins: as --at says, else now.
func (c *Command) instant(text string) (time.Time, error) {
	if text == "" {
		if c.Now == nil {
			return time.Time{}, nil // the player's own
		}
		return c.Now(), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, usagef("--at: found %q, expected an instant such as 2026-12-25T10:00:00+11:00", text)
	}
	return at, nil
}

// speaks refuses a language that a flow has not got: the call would be in another
// one. A region's language will do, and so will another region's.
func speaks(languages []string, tag string) error {
	wanted, _, _ := strings.Cut(tag, "-")
	if tag == "" || slices.ContainsFunc(languages, func(l string) bool {
		base, _, _ := strings.Cut(l, "-")
		return strings.EqualFold(base, wanted)
	}) {
		return nil
	}
	hint := ""
	if s := flows.Suggest(tag, languages); s != "" {
		hint = "; " + s
	}
	return usagef("--language: the flow does not speak %q; it speaks %s%s", tag, strings.Join(languages, ", "), hint)
}

// playScript plays a script and prints the call.
func (c *Command) playScript(ctx context.Context, player *flowtest.Player, s simulation) error {
	script, err := c.script(s)
	if err != nil {
		return err
	}
	if err := player.Play(ctx, script); err != nil {
		return err
	}
	if s.json {
		return writeJSON(c.Stdout, player.Transcript())
	}
	return c.printCall(c.Stdout, player.Transcript(), s.trace)
}

// script is what --dtmf says, or standard input.
func (c *Command) script(s simulation) (flowtest.Script, error) {
	where := "--dtmf"
	if !s.scripted {
		where = "standard input"
		text, err := io.ReadAll(io.LimitReader(c.Stdin, 1<<20))
		if err != nil {
			return nil, fmt.Errorf("read the script from standard input: %w", err)
		}
		s.script = string(text)
	}
	script, err := flowtest.ParseScript(s.script)
	if err == nil {
		return script, nil
	}
	var wrong *flowtest.ScriptError
	if errors.As(err, &wrong) && !strings.ContainsAny(s.script, "\n\t") && len(s.script) < 200 {
		return nil, usagef("%s: %w\n  %s\n  %s^", where, err, s.script, strings.Repeat(" ", wrong.Offset))
	}
	return nil, usagef("%s: %w", where, err)
}

func dialResults(words []string) ([]engine.DialResult, error) {
	var all []engine.DialResult
	for _, w := range words {
		switch r := engine.DialResult(w); r {
		case engine.DialCompleted, engine.DialBusy, engine.DialNoAnswer, engine.DialFailed:
			all = append(all, r)
		default:
			return nil, usagef("--dial: found %q, expected completed, busy, no_answer or failed", w)
		}
	}
	return all, nil
}

// terminal is standard input, where a person sits at it.
func (c *Command) terminal() (*os.File, bool) {
	in, ok := c.Stdin.(*os.File)
	return in, ok && isTerminal(in)
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// ended turns the end of a call into an exit status.
func ended(t *flowtest.Transcript) error {
	switch t.End.How {
	case flowtest.ByCaller:
		return exitCaller
	case flowtest.ByError:
		return exitError
	case flowtest.Waiting:
		return exitWaiting
	}
	return nil
}

// slowness reads NAME or NAME=TIME.
func slowness(text string) (name string, by time.Duration, err error) {
	name, value, given := strings.Cut(text, "=")
	if !given {
		return name, 5 * time.Second, nil
	}
	by, err = time.ParseDuration(value)
	if err != nil || by <= 0 {
		return "", 0, usagef("--slow: found %q, expected a length of time after the =, such as %s=3s", text, name)
	}
	return name, by, nil
}
