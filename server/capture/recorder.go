package capture

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Base stands in captures for the address under which platforms reach the server.
const Base = "https://ivr.example.com"

// The bounds of what is kept.
const (
	maxCalls   = 1000
	maxBytes   = 1 << 20 // of one call
	maxWaiting = 256     // hooks and commands that wait to be written
	maxEnded   = 64      // calls of which something may still be told: their recordings, or what became of their last commands
	maxIdle    = time.Hour
)

// Config is what a Recorder needs. Dir and Now are required.
type Config struct {
	// Dir is made where it is not there. Files in it are read by nobody but their owner.
	Dir string
	// Chosen tells which calls are kept.
	Chosen Choice
	// Space bounds the files, in bytes: the oldest make room. Zero: 100 MiB.
	Space int64
	// Vocabulary are the words of answers that stay, and Spoken what callers say besides
	// where they choose, whatever the flow: "yes".
	Vocabulary, Spoken Vocabulary
	// PublicURL is how platforms reach the server.
	PublicURL string
	Log       *zap.Logger
	Now       func() time.Time
}

// Recorder keeps calls. Use New.
type Recorder struct {
	root   *os.Root
	chosen Choice
	space  int64
	words  Vocabulary
	spoken Vocabulary
	public string
	log    *zap.Logger
	now    func() time.Time

	mu    sync.Mutex
	calls map[string]*Call
	told  map[string]*told // commands that may be sent, by their keys
	ended []*Call          // that something may still be told of, the first first
	queue chan job         // closed: nil
	done  chan struct{}

	// Of the goroutine that writes:
	files []file // the oldest first
	used  int64
}

type file struct {
	name  string
	bytes int64
}

// job is a hook, or a command, that is to be written.
type job struct {
	call   *Call
	hook   Hook
	turn   int
	answer *Answer
	part   *Answer // that has a part behind it, which the hook has sent
	at     time.Time

	// Of a command, which is no hook:
	told   *told
	status int
	said   []byte
}

// New opens the folder. Call Close when no hook comes any more.
func New(c Config) (*Recorder, error) {
	if c.Space <= 0 {
		c.Space = 100 << 20
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("capture: %w", err)
	}
	root, err := os.OpenRoot(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("capture: %w", err)
	}
	r := &Recorder{
		root: root, chosen: c.Chosen, space: c.Space, words: c.Vocabulary, spoken: c.Spoken, public: strings.TrimRight(c.PublicURL, "/"), now: c.Now,
		log: c.Log.WithOptions(zap.WrapCore(func(core zapcore.Core) zapcore.Core {
			return zapcore.NewSamplerWithOptions(core, time.Minute, 3, 100)
		})),
		calls: map[string]*Call{}, told: map[string]*told{}, queue: make(chan job, maxWaiting), done: make(chan struct{}),
	}
	if err := r.list(); err != nil {
		return nil, errors.Join(fmt.Errorf("capture: %w", err), root.Close())
	}
	go r.write(r.queue)
	return r, nil
}

// Close writes what waits.
func (r *Recorder) Close() error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	queue := r.queue
	r.queue = nil
	r.mu.Unlock()
	if queue == nil {
		return nil
	}
	close(queue)
	<-r.done
	return r.root.Close()
}

// Begin is the call that begins, if it is one that is kept, again for its first hook
// again.
func (r *Recorder) Begin(codec telephony.Codec, call engine.Call, flow string) *Call {
	if r == nil {
		return nil
	}
	id := key(call)
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.calls[id]; c != nil || !r.chosen.has(call, flow) {
		return c
	}
	if len(r.calls) >= maxCalls {
		r.forget()
	}
	if len(r.calls) >= maxCalls {
		return nil
	}
	c := newCall(r, id, flow, codec, r.now())
	r.calls[id] = c
	return c
}

// Find is a call that is being kept.
func (r *Recorder) Find(call engine.Call) *Call {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls[key(call)]
}

func key(c engine.Call) string { return c.Platform + "\x00" + c.Account + "\x00" + c.ID }

// forget lets calls go of which nothing was heard for long. r.mu is held.
func (r *Recorder) forget() {
	before := r.now().Add(-maxIdle)
	for id, c := range r.calls {
		c.mu.Lock()
		if c.over || c.began.Before(before) {
			c.over = true
			delete(r.calls, id)
			r.drop(c)
		}
		c.mu.Unlock()
	}
}

// expect takes note of the commands that an answer may have sent.
func (r *Recorder) expect(c *Call, commands map[string]*told) {
	if len(commands) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, t := range commands {
		r.told[key] = t
		c.keys = append(c.keys, key)
	}
}

// drop forgets the commands of a call. r.mu is held.
func (r *Recorder) drop(c *Call) {
	for _, key := range c.keys {
		delete(r.told, key)
	}
	c.keys = nil
}

// end forgets a call once many others have ended: platforms tell of its recording
// behind its end, and answer its last commands.
func (r *Recorder) end(c *Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.Contains(r.ended, c) {
		return
	}
	if r.ended = append(r.ended, c); len(r.ended) > maxEnded {
		delete(r.calls, r.ended[0].id)
		r.drop(r.ended[0])
		r.ended = slices.Delete(r.ended, 0, 1)
	}
}

// put hands a hook or a command to the goroutine that writes. A call of which one cannot wait
// is given up: what is left would be another call.
func (r *Recorder) put(j job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case r.queue <- j: // blocks where there is none: then the other case is taken
	default:
		j.call.mu.Lock()
		j.call.over = true
		j.call.mu.Unlock()
		r.log.Warn("a call is not kept on: too many hooks wait to be written")
	}
}

func (r *Recorder) write(queue <-chan job) {
	defer close(r.done)
	for j := range queue {
		if err := r.add(j); err != nil {
			j.call.mu.Lock()
			j.call.over = true
			j.call.mu.Unlock()
			r.log.Warn("a call is not kept on", zap.String("platform", j.call.codec.Name()), zap.Error(err))
		}
		if _, ended := j.hook.Inbound.Event.(engine.CallEnded); ended && j.turn == TurnNotice {
			r.end(j.call)
		}
	}
}

// add writes a line, as a whole or not at all as far as anybody can tell: a line
// without its end is not read.
func (r *Recorder) add(j job) (err error) {
	defer func() {
		if v := recover(); v != nil { // nothing here may end the server
			err = fmt.Errorf("panic: %T", v)
		}
	}()
	line, err := j.call.line(j)
	if err != nil || line == nil {
		return err
	}
	c := j.call
	if c.bytes += int64(len(line)); c.bytes > maxBytes {
		return fmt.Errorf("it has more than %d bytes", maxBytes)
	}
	if err := r.room(int64(len(line)), c.name); err != nil {
		return err
	}
	if c.name == "" {
		c.name = fmt.Sprintf("%s-%s-%s-%s.jsonl", c.began.UTC().Format("20060102T150405.000Z"), c.codec.Name(), c.flow, c.masks.draw("aaaaaaaa", 1))
		r.files = append(r.files, file{name: c.name})
	}
	// Opened for each line: a thousand calls would be as many open files.
	f, err := r.root.OpenFile(c.name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	n, err := f.Write(line)
	err = errors.Join(err, f.Close())
	r.used += int64(n)
	for i := range r.files {
		if r.files[i].name == c.name {
			r.files[i].bytes += int64(n)
		}
	}
	return err
}

// room makes room for a line by removing the oldest files, but never keep.
func (r *Recorder) room(bytes int64, keep string) error {
	for r.used+bytes > r.space {
		i := slices.IndexFunc(r.files, func(f file) bool { return f.name != keep })
		if i < 0 {
			return fmt.Errorf("there is no room for it in %d bytes", r.space)
		}
		if err := r.root.Remove(r.files[i].name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		r.used -= r.files[i].bytes
		r.files = slices.Delete(r.files, i, i+1)
	}
	return nil
}

// list finds the captures that are there already.
func (r *Recorder) list() error {
	entries, err := fs.ReadDir(r.root.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries { // sorted by name, which begins with the time
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !isCapture(e.Name()) {
			continue
		}
		r.files = append(r.files, file{e.Name(), info.Size()})
		r.used += info.Size()
	}
	return nil
}

// isCapture tells a file of ours from what somebody else keeps in the folder.
func isCapture(name string) bool {
	at, _, _ := strings.Cut(name, "-")
	_, err := time.Parse("20060102T150405.000Z", at)
	return err == nil && strings.HasSuffix(name, ".jsonl")
}

// Choice tells which calls are kept. The zero value: all of them.
type Choice struct {
	// Flows and Numbers (as the platform writes them) choose; none of either: all.
	Flows, Numbers []string
	// OneIn keeps one call in so many of those; zero: each.
	OneIn int
}

// ParseChoice reads words: flow:NAME, number:+61255500100, 1/100.
func ParseChoice(words []string) (Choice, error) {
	var c Choice
	for _, w := range words {
		kind, value, _ := strings.Cut(w, ":")
		one, n, isShare := strings.Cut(w, "/")
		switch {
		case kind == "flow" && value != "":
			c.Flows = append(c.Flows, value)
		case kind == "number" && value != "":
			c.Numbers = append(c.Numbers, strings.TrimPrefix(value, "+"))
		case isShare && one == "1" && c.OneIn == 0:
			share, err := strconv.Atoi(n)
			if err != nil || share < 1 {
				return c, fmt.Errorf("found %q, expected a share such as 1/100", w)
			}
			c.OneIn = share
		default:
			return c, fmt.Errorf("found %q, expected flow:NAME, number:+61255500100 or one share such as 1/100", w)
		}
	}
	return c, nil
}

// has tells whether a call is kept: the same one always, or never.
func (c Choice) has(call engine.Call, flow string) bool {
	if len(c.Flows)+len(c.Numbers) > 0 && !slices.Contains(c.Flows, flow) && !slices.Contains(c.Numbers, strings.TrimPrefix(call.To, "+")) {
		return false
	}
	if c.OneIn < 2 {
		return true
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(key(call)))
	return h.Sum32()%uint32(c.OneIn) == 0
}
