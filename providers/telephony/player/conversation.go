package player

import "strings"

// Line is one thing that was heard or done in a call.
type Line struct {
	Kind LineKind `json:"kind"`
	// Text is what was heard, pressed or said; masked keys are asterisks.
	Text string `json:"text,omitempty"`
}

// LineKind says who did what.
type LineKind string

// The kinds of lines. Unclear words are said, and not understood.
const (
	Heard   LineKind = "heard"
	Pressed LineKind = "pressed"
	Said    LineKind = "said"
	Unclear LineKind = "unclear"
	Silence LineKind = "silence"
	Hangup  LineKind = "hangup"
)

// tell writes down what the caller did about a question.
func (c *caller) tell(q question, keys string, end ending) {
	hidden := c.masked || q.secret
	switch end {
	case silent:
		c.line(Silence, "")
	case said:
		c.line(Said, mask(keys, hidden))
	case mumbled:
		c.line(Unclear, mask(c.words, hidden))
	case left:
		if c.lost != "" {
			c.line(Pressed, mask(c.lost, hidden))
			c.lost = ""
		}
		c.hungUp()
	default:
		c.line(Pressed, mask(keys, hidden))
	}
}

// hungUp writes down, once, that the caller hangs up.
func (c *caller) hungUp() {
	if !c.told {
		c.told = true
		c.line(Hangup, "")
	}
}

func (c *caller) line(kind LineKind, text string) {
	if c.result != nil {
		c.result.Conversation = append(c.result.Conversation, Line{kind, text})
	}
}

func mask(text string, hidden bool) string {
	if hidden {
		return strings.Repeat("*", len(text))
	}
	return text
}
