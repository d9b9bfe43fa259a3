package main

import (
	"bufio"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"callflow/flows/flowtest"
	"callflow/providers/telephony/player"
)

func newPlay(c *Command) *cobra.Command {
	l := loadTest{calls: 1, concurrency: 1}
	cmd := &cobra.Command{
		Use:   "play [CONFIG|FOLDER]",
		Short: "Play one call at a server, as a platform does, and show it",
		Long: `Plays one call at a server, as a platform does: it posts signed webhooks, carries out
the documents that come back as the platform would, answers questions from a script,
follows redirects and tells of the end of the call. It shows each webhook with its
answer, and then what the caller heard and did. Prompts take no time, and nobody waits for
silence.

With --stdin the call goes on when the script is used up: what was said is shown, and
the next line of standard input is what the caller does about it. So a code can be
entered that was sent during the call.

` + flowtest.ScriptHelp + `

--url is where the server is; the hooks of the platform are under it. The secret
that signs is taken from an environment variable, never from the command line.

` + apiHelp + `

With --replay it plays a call that "callflow serve --record" has kept, and stops at the
first answer, or command, that is not the one it had; words and numbers that were not
kept may be any. Entries were replaced, PINs and codes among them. So the call is played
here, without --url: at the flows of a configuration, on a server that listens nowhere,
where sign-ins, codes and services come out as they did when it was recorded. What the
recording does not know of, whoever signs in is the first user of users.yaml, any code
is right, and services answer as standins.yaml beside the flow says; with --standins all
of it is so. With --url, that server must let the entries in.

Exit status: 0 the call came to its end, 1 it did not, or was answered otherwise than
recorded, 2 the command line is wrong.`,
		Example: `  callflow play --url http://127.0.0.1:8080 --platform jambonz --flow authzero --dtmf '12345# 1234 1 9'
  callflow play --url https://ivr.example.com --platform generic --secret-env GENERIC_SECRET --to +61255500100
  callflow play --replay recorded/20261122T043000.000Z-twilio-authzero-kqzptrws.jsonl examples/authzero`,
		Args: maxArgs(1),
	}
	format := formatFlag(cmd)
	var file, standins string
	f := cmd.Flags()
	f.StringVar(&file, "replay", "", "a `FILE` that serve --record has kept: its call is played, and its answers are compared")
	f.StringVar(&standins, "standins", "", "for --replay: a `FILE` of stand-ins, instead of what was recorded and of the one beside the flow")
	f.StringVar(&l.url, "url", "", "the server's `URL` (required, but for --replay)")
	f.StringVar(&l.platform, "platform", "generic", "whom to play: "+strings.Join(playerNames(), ", "))
	f.StringVar(&l.flow, "flow", "", "the `FLOW` to call; left out, the called number chooses it")
	f.StringVar(&l.secretEnv, "secret-env", "", "the environment variable `NAME` that has the secret; left out, nothing is signed")
	f.StringVar(&l.script, "dtmf", "", "what the caller does, as a `SCRIPT`")
	f.IntSliceVar(&l.masked, "mask", nil, "the moves of the script, by their `NUMBER` from 1, that are shown as asterisks: a PIN's; those of secret questions are on the generic platform, which alone is told that they are")
	f.BoolVar(&l.stdin, "stdin", false, "when the script is used up, go on with what is written to standard input, a line at a time")
	f.StringVar(&l.from, "from", "+15550100", "the caller's `NUMBER`")
	f.StringVar(&l.to, "to", "+15550199", "the `NUMBER` that is called")
	f.StringSliceVar(&l.dials, "dial", nil, "how transfers end, in the platform's words, in order")
	l.api.flags(f)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := format.check(); err != nil {
			return err
		}
		if file != "" {
			return c.replay(cmd.Context(), l, file, args, standins, *format)
		}
		if len(args) > 0 || standins != "" {
			return usagef("a configuration and --standins are for --replay; other calls are played at the server of --url")
		}
		return c.play(cmd.Context(), l, *format)
	}
	return cmd
}

// playerNames are the platforms that can be played.
func playerNames() []string {
	var names []string
	for _, p := range platformPlayers() {
		names = append(names, p.name)
	}
	return names
}

// played is what --format json prints of a call.
type played struct {
	Platform string       `json:"platform"`
	Hooks    []playedHook `json:"hooks"`
	Heard    []string     `json:"heard"`
	// Conversation has what was heard once more, with what the caller did in between.
	Conversation []player.Line `json:"conversation"`
	End          player.End    `json:"end"`
	Unused       int           `json:"unused,omitempty"` // moves of the script
	Error        string        `json:"error,omitempty"`
}

type playedHook struct {
	Kind    player.Kind `json:"kind"`
	Path    string      `json:"path"`
	Status  int         `json:"status,omitempty"`
	Seconds float64     `json:"seconds"`
	Error   string      `json:"error,omitempty"`
}

func (c *Command) play(ctx context.Context, l loadTest, f format) error {
	platform, o, err := c.loadOptions(l)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	closed, err := c.openAPI(ctx, platform, l.api, &o)
	if err != nil {
		return err
	}
	defer closed()
	call := played{Platform: platform.name, Hooks: []playedHook{}, Heard: []string{}, Conversation: []player.Line{}}
	o.Call.ID = "play-" + runID()
	p := &page{w: c.Stdout, color: c.colorful(c.Stdout), width: widthOf(c.Stdout)}
	o.Observe = func(e player.Exchange) {
		hook := playedHook{Kind: e.Kind, Path: pathOnly(e.URL), Status: e.Status, Seconds: e.Latency.Seconds()}
		status := fmt.Sprint(e.Status)
		if e.Err != nil {
			hook.Error, status = reason(e.Err), reason(e.Err)
		}
		call.Hooks = append(call.Hooks, hook)
		if f != "json" {
			p.print("%s\n", p.paint(faint, fmt.Sprintf("%-6s %s  %s  %s", e.Kind, harmless(hook.Path), harmless(status), e.Latency.Round(time.Millisecond))))
		}
	}
	for _, n := range l.masked {
		if n < 1 {
			return usagef("--mask: found %d, expected the number of a move, from 1", n)
		}
		if n <= len(o.Script) {
			o.Script[n-1].Masked = true
		}
	}
	if l.stdin {
		o.More = c.asks(p, f)
	}
	r := platform.play(ctx, o)
	o.Client.CloseIdleConnections()
	call.Conversation = append(call.Conversation, r.Conversation...)
	call.Heard, call.End, call.Unused = append(call.Heard, r.Heard...), r.End, r.Unused
	if r.Err != nil {
		call.Error = reason(r.Err)
	}
	unreached := r.End == player.Refused && isUnreached(r.Err)
	switch {
	case f == "json":
		err = writeJSON(c.Stdout, call)
	case !unreached: // else there was no call to tell of
		err = p.played(&call, r)
	}
	if err != nil {
		return err
	}
	if unreached {
		return noServer(l.url, r.Err)
	}
	if r.End == player.Refused || r.End == player.Broken {
		return errShown
	}
	return nil
}

// asks shows what was said since the last time, and reads what the caller does about
// it; nothing at the end of the input.
func (c *Command) asks(p *page, f format) func(heard []string) []player.Move {
	lines, shown := bufio.NewScanner(c.Stdin), 0
	return func(heard []string) []player.Move {
		if f != "json" {
			for _, text := range heard[shown:] {
				p.talk(player.Line{Kind: player.Heard, Text: text})
			}
			shown = len(heard)
		}
		for lines.Scan() {
			moves, err := moves(lines.Text())
			if err != nil {
				fmt.Fprintf(c.Stderr, "callflow: %v\n", err)
				continue
			}
			if len(moves) > 0 {
				return moves
			}
		}
		return nil
	}
}

// moves reads a script as a player takes it.
func moves(script string) ([]player.Move, error) {
	parsed, err := flowtest.ParseScript(script)
	if err != nil {
		return nil, err
	}
	var all []player.Move
	for _, m := range parsed {
		all = append(all, player.Move{Keys: m.Keys, Say: m.Say, Unclear: m.Unclear, Hangup: m.Hangup})
	}
	return all, nil
}

// played prints what was heard, and how the call ended.
func (p *page) played(call *played, r player.Result) error {
	p.print("\n")
	for _, l := range call.Conversation {
		p.talk(l)
	}
	end := map[player.End]string{
		player.HungUp: "the flow hung up", player.Left: "the caller hung up",
		player.Refused: "the call was refused", player.Broken: "the call broke off",
	}[call.End]
	p.print("\n%s, after %s\n", end, plural(r.Hooks, "webhook"))
	if call.Error != "" {
		p.print("%s\n", p.paint(alarm, harmless(call.Error)))
	}
	if call.Unused > 0 {
		p.print("%s of the script came to no question\n", plural(call.Unused, "move"))
	}
	return p.err
}

// talk prints a line of the conversation, as simulate does.
func (p *page) talk(l player.Line) {
	text := harmless(l.Text)
	switch l.Kind {
	case player.Heard:
		p.print("  %s\n", strings.ReplaceAll(text, "\n", "\n  ")) // Telnyx says sentences in lines
		return
	case player.Said:
		text = `"` + text + `"`
	case player.Unclear:
		text = `"` + text + `" (unclear)`
	case player.Silence:
		text = "(silence)"
	case player.Hangup:
		text = "(hangs up)"
	}
	p.print("  %s\n", p.paint(keyed, "> "+text))
}

// pathOnly is a URL without its host, and without what follows a question mark.
func pathOnly(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "?"
	}
	return u.Path
}
