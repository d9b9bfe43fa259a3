package server_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"callflow/engine"
	"callflow/flows/flowtest"
	"callflow/providers/telephony/player"
)

// hears holds all that was heard in a call to what is heard in the simulator: nothing
// more, nothing less, nothing twice and nothing in another order. Where one text ends
// and the next begins is the platform's affair, which may speak a long one in parts.
func hears(t *testing.T, tell string, s scene, want relayed, result player.Result) {
	t.Helper()
	queues := func(state string) bool {
		found, _ := s.bundle.Flows[s.flow].State(state)
		_, is := found.Kind.(engine.QueueState)
		return is
	}
	heard := recordingHeard.ReplaceAllString(oneLine(result.Heard...), "(the recording)") // as the simulator writes it
	if fault := unlike(heard, want.Entries, queues); fault != "" {
		t.Errorf("%s: %s\nall that was heard: %q", tell, fault, heard)
	}
}

// unlike says where what was heard is not what is heard in the simulator; "": nowhere.
// Two things go by the clock, which the simulator's speech moves on and a platform's
// does not here: words of patience, heard any number of times while an effect runs and
// elsewhere not once, and what is told to those who wait in a queue, with their place.
func unlike(heard string, entries []flowtest.Entry, queues func(state string) bool) string {
	rest := heard
	var holds []string
	waiting := map[int]bool{}
	for i, e := range entries {
		if e.Kind != flowtest.Queued {
			continue
		}
		for i--; i > 0 && queues(entries[i].State) && entries[i].Kind == flowtest.Heard; i-- {
			waiting[i] = true
		}
	}
	for i, e := range entries {
		text := oneLine(e.Text)
		switch {
		case e.Kind == flowtest.Held:
			holds = append(holds, text)
			continue
		case e.Kind != flowtest.Heard:
			continue
		case waiting[i]:
			holds = append(holds, text)
			if !waiting[i-1] { // the first words are heard by everybody
				break
			}
			continue
		}
		after, ok := taken(rest, text)
		for !ok && len(holds) > 0 {
			less, held := takenAny(rest, holds)
			if !held {
				break
			}
			rest = less
			after, ok = taken(rest, text)
		}
		if !ok {
			return fmt.Sprintf("in %q the simulator says %q, and here is heard %q", e.State, text, rest)
		}
		rest = after
		if !waiting[i] {
			holds = nil
		}
	}
	for rest != "" {
		less, held := takenAny(rest, holds)
		if !held {
			return fmt.Sprintf("behind all that the simulator says is heard %q", rest)
		}
		rest = less
	}
	return ""
}

// taken takes a text off the beginning of what was heard.
func taken(heard, text string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(heard, text)
	if !ok || rest != "" && text != "" && rest[0] != ' ' {
		return heard, false
	}
	return strings.TrimPrefix(rest, " "), true
}

// aPlace is a caller's place in a line, which moves up as time goes by.
var aPlace = regexp.MustCompile(`\d+`)

// takenAny takes one of the texts off it, whatever place in a line it tells.
func takenAny(heard string, texts []string) (rest string, ok bool) {
	for _, text := range texts {
		if rest, ok = taken(heard, text); ok {
			return rest, true
		}
		pattern := regexp.MustCompile("^" + aPlace.ReplaceAllString(regexp.QuoteMeta(text), `\d+`) + "(?: |$)")
		if at := pattern.FindStringIndex(heard); at != nil {
			return heard[at[1]:], true
		}
	}
	return heard, false
}

// oneLine is texts in one line.
func oneLine(texts ...string) string {
	return strings.Join(strings.Fields(strings.Join(texts, " ")), " ")
}

// TestUnlike sees that what is heard beside the simulator's words is found.
func TestUnlike(t *testing.T) {
	t.Parallel()
	entries := []flowtest.Entry{
		{Kind: flowtest.Heard, Text: "Welcome. Your PIN?"},
		{Kind: flowtest.Pressed, Text: "****"},
		{Kind: flowtest.Held, Text: "One moment."},
		{Kind: flowtest.Heard, Text: "Thank you."},
	}
	for heard, same := range map[string]bool{
		"Welcome. Your PIN? Thank you.":                         true,
		"Welcome. Your PIN? One moment. One moment. Thank you.": true,
		"Welcome. Your PIN? Your PIN? Thank you.":               false,
		"Welcome. Thank you. Your PIN?":                         false,
		"One moment. Welcome. Your PIN? Thank you.":             false,
		"Welcome. Your PIN?":                                    false,
		"Welcome. Your PIN? Thank you. Thank you.":              false,
		"Welcome. Your PIN? Thank you. One moment.":             false,
		"Good day. Welcome. Your PIN? Thank you.":               false,
	} {
		if fault := unlike(heard, entries, func(string) bool { return false }); (fault == "") != same {
			t.Errorf("%q: %q", heard, fault)
		}
	}
}
