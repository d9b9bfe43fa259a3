package capture

import (
	"bytes"
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"callflow/engine"
)

// API stands for a platform's API while calls are replayed: it answers commands as they
// were answered when the call was recorded. It is an http.Handler, under whatever path.
// Use NewAPI.
type API struct {
	key engine.Secret

	mu      sync.Mutex
	call    string    // whose commands are taken
	due     []Command // whose answers are still to be given
	arrived chan arrival
}

// arrival is a command as it came.
type arrival struct{ method, path, body string }

// maxArrived bounds commands that nobody has looked at.
const maxArrived = 256

// NewAPI returns an API for those who have the key, as a bearer token.
func NewAPI(key engine.Secret) *API { return &API{key: key} }

// begin has the API take the commands of a call, and none of another one.
func (a *API) begin(call string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.call, a.due, a.arrived = call, nil, make(chan arrival, maxArrived)
}

// expect says which commands come next.
func (a *API) expect(commands []Command) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.due = append(a.due, commands...)
}

// ServeHTTP takes a command. One that nobody waits for is taken too.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	given := []byte(r.Header.Get("Authorization"))
	if subtle.ConstantTimeCompare(given, []byte("Bearer "+a.key.Reveal())) != 1 {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer))
	if err != nil {
		return
	}
	answer, ok := a.take(arrival{r.Method, r.URL.EscapedPath(), string(body)})
	if !ok { // of a call that is over, for all that is known of it
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(answer.Status)
	_, _ = w.Write(answer.Answer)
}

// take has a command waited for, and returns how it is answered.
func (a *API) take(c arrival) (answer Command, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.call == "" || !strings.Contains(c.path, a.call) {
		return answer, false
	}
	answer.Status = http.StatusOK
	if len(a.due) > 0 {
		answer, a.due = a.due[0], a.due[1:]
	}
	if answer.Status == 0 { // it had none: it is sent again
		answer.Status = http.StatusServiceUnavailable
	}
	select {
	case a.arrived <- c:
	default:
		answer = Command{Status: http.StatusTooManyRequests}
	}
	return answer, true
}

// commandWait is how long a command may take to come, and lateCommand how long after its
// hook a recorded one came that nobody waits for: such as the end of a call of which
// nothing was heard any more.
const (
	commandWait = 30 * time.Second
	lateCommand = 2 * time.Minute
)

// afterHook is how long after a hook a command came that waited for it: one that came
// sooner may be what led to the hook, for a platform can be faster than its own answer.
const afterHook = time.Second

// inTime has each command follow from the last hook that came before it, be it of an
// earlier one: a call that was hung up on is ended later, by a command of the turn that it
// was in.
func inTime(capture []Exchange) []Exchange {
	all := slices.Clone(capture)
	for i := range all {
		all[i].Commands = nil
	}
	for i, e := range capture {
		for _, c := range e.Commands {
			at := i
			for k := i + 1; k < len(all) && c.T > all[k].T+afterHook.Seconds(); k++ {
				at = k
			}
			all[at].Commands = append(all[at].Commands, c)
		}
	}
	for i := range all {
		slices.SortStableFunc(all[i].Commands, func(a, b Command) int { return cmp.Compare(a.T, b.T) })
	}
	return all
}

// due are the commands of a hook that come when it is played.
func (e Exchange) due() []Command {
	var all []Command
	for _, c := range e.Commands {
		if c.T-e.T < lateCommand.Seconds() {
			all = append(all, c)
		}
	}
	return all
}

// command waits for a command and compares it with the one that was kept.
func (r Replay) command(ctx context.Context, kept Command, e Exchange, known map[string]string) (PlayedCommand, error) {
	p := PlayedCommand{Command: kept}
	timer := time.NewTimer(commandWait)
	defer timer.Stop()
	select {
	case live := <-r.API.arrived:
		p.Difference = compare(arrival{kept.Method, kept.Path, string(kept.Body)}.text(kept.Path), live.text(kept.Path), e.Call, r.ID, known)
		if p.Difference != "" {
			p.Difference = "the platform's API: " + p.Difference
		}
	case <-timer.C:
		p.Difference = fmt.Sprintf("the platform's API: nothing has come for %s, expected\n  %s %s %s", commandWait, kept.Method, kept.Path, clip(string(kept.Body)))
	case <-ctx.Done():
		return p, ctx.Err()
	}
	return p, nil
}

// text is a command with as much of its path, from its end, as another path has.
func (a arrival) text(like string) string {
	parts, n := strings.Split(a.path, "/"), strings.Count(like, "/")
	if n < len(parts) {
		parts = parts[len(parts)-n:]
	}
	var body bytes.Buffer
	if json.Compact(&body, []byte(a.body)) != nil {
		body.WriteString(a.body)
	}
	return a.method + " /" + strings.TrimPrefix(strings.Join(parts, "/"), "/") + " " + body.String()
}

// surplus is a command that came and is not in the capture, or "".
func (a *API) surplus() string {
	select {
	case c := <-a.arrived:
		return "the platform's API: received, and not recorded\n  " + clip(c.method+" "+c.path+" "+c.body)
	default:
		return ""
	}
}
