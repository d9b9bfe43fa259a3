package flows

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// Every example of the language's reference is right. Parts of flows are put
// into a flow first; the states that they lead to are made up.
func TestREADME(t *testing.T) {
	t.Parallel()
	text := string(read(t, "README.md"))
	blocks := yamlBlock.FindAllStringSubmatchIndex(text, -1)
	if len(blocks) < 15 {
		t.Fatalf("found %d examples", len(blocks))
	}
	for _, b := range blocks {
		block := text[b[2]:b[3]]
		line := strings.Count(text[:b[2]], "\n") + 1
		t.Run(fmt.Sprintf("line %d", line), func(t *testing.T) {
			t.Parallel()
			src := whole(block)
			program, diags := CompileSource("README.md", []byte(src), Options{Find: findExample})
			for _, d := range diags {
				if d.Code != CodeUnusedVariable {
					t.Errorf("%s", d)
				}
			}
			if program == nil {
				t.Errorf("no program of:\n%s", src)
			}
		})
	}
}

// Every kind has its place in the reference, and every key there or on the page of
// its kind.
func TestREADMEIsWhole(t *testing.T) {
	t.Parallel()
	text := string(read(t, "README.md"))
	for _, k := range kindNames {
		if !strings.Contains(text, "\n### "+k+"\n") {
			t.Errorf("there is no section on %s", k)
		}
	}
	for _, part := range []struct {
		page string
		keys []string
	}{
		{"README.md", slices.Concat(flowFields.words(), stateFields.words(), variableTypes)},
		{"kinds/menu.md", askingFields.words()},
		{"kinds/collect.md", slices.Concat(askingFields.words(), collectFields.words())},
	} {
		text := string(read(t, part.page))
		for _, key := range part.keys {
			if !strings.Contains(text, "`"+key+"`") {
				t.Errorf("%s does not describe %s", part.page, key)
			}
		}
	}
}

var (
	topLevel   = regexp.MustCompile(`(?m)^(variables|recording|time_zone|languages|schedules|defaults|globals|on_hangup|on_error|limits|parameters|outputs|states):`)
	stateNames = regexp.MustCompile(`(?m)^  ([a-z_]+):`)
)

// whole makes a flow of a part of one.
func whole(block string) string {
	if strings.HasPrefix(block, "callflow:") {
		return block
	}
	top, states := block, ""
	if !topLevel.MatchString(block) {
		top, states = "", "  "+strings.ReplaceAll(strings.TrimSpace(block), "\n", "\n  ")+"\n"
	} else if before, after, ok := strings.Cut(block, "states:\n"); ok {
		top, states = before, after
	}
	first := "main"
	if m := stateNames.FindStringSubmatch(states); m != nil {
		first = m[1]
	}
	lead := first
	if !strings.Contains(states, "  main:") {
		states += "  main: { menu: { prompt: Press 1., options: { 1: done } } }\n"
	}
	if strings.Contains(states, "${account_number}") || strings.Contains(states, "requires:") {
		lead = "account_number"
		after := first
		if strings.Contains(states, "requires:") {
			after = "sign_in"
			states += "  sign_in: { authenticate: { account: \"${account_number}\", pin: \"${pin}\" }, next: { authenticated: " + first + ", denied: other } }\n"
		}
		states += "  account_number: { collect: { prompt: Account., digits: 4 }, next: pin }\n"
		states += "  pin: { collect: { prompt: PIN., digits: 4, secret: true }, next: " + after + " }\n"
	}
	src := "callflow: 1\nflow: part\nstart: " + lead + "\n" + top + "states:\n" + states
	// What it leads to and is not there ends the call. What nothing leads to is
	// one of ours, or of a part that shows two ways to end.
	for range 2 {
		_, diags := CompileSource("part", []byte(src), Options{Find: findExample})
		for _, d := range diags {
			name := regexp.MustCompile(`state "([a-z_]+)"`).FindStringSubmatch(d.Message)
			switch {
			case d.Code == CodeDanglingNext && !strings.Contains(src, "\n  "+name[1]+":"):
				src += "  " + name[1] + ": { hangup: { say: This is " + strings.ReplaceAll(name[1], "_", " ") + ". } }\n"
			case d.Code == CodeUnreachableState:
				src = strings.Replace(src, "states:\n", "states:\n  lead_"+name[1]+": { menu: { prompt: Press 1 or 2., options: { 1: "+name[1]+", 2: "+lead+" } } }\n", 1)
				src = strings.Replace(src, "start: "+lead, "start: lead_"+name[1], 1)
				lead = "lead_" + name[1]
			}
		}
	}
	return src
}
