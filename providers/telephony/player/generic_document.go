package player

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
)

// genericReply is an answer. What it does not name is a mistake.
type genericReply struct {
	Verbs   []json.RawMessage `json:"verbs"`
	Turn    string            `json:"turn"`
	Lost    string            `json:"lost"`
	Notice  string            `json:"notice"`
	Apology *genericText      `json:"apology"`
	Problem string            `json:"problem"`
}

type genericText struct {
	Text     *string `json:"text"`
	Audio    string  `json:"audio"`
	SSML     string  `json:"ssml"`
	Language string  `json:"language"`
	Voice    string  `json:"voice"`
	BargeIn  *bool   `json:"barge_in"`
}

type genericSay struct {
	Verb string `json:"verb"`
	genericText
}

type genericGather struct {
	Verb        string        `json:"verb"`
	Prompts     []genericText `json:"prompts"`
	Min         int           `json:"min_digits"`
	Max         int           `json:"max_digits"`
	Terminator  string        `json:"terminator"`
	Options     []string      `json:"options"`
	Timeout     int           `json:"timeout_ms"`
	InterDigit  int           `json:"inter_digit_timeout_ms"`
	MaxDuration int           `json:"max_duration_ms"`
	Speech      *genericEar   `json:"speech"`
	Secret      *bool         `json:"secret"`
	Flush       *bool         `json:"flush"`
	BargeIn     *bool         `json:"barge_in"`
	Next        string        `json:"next"`
	Lost        string        `json:"lost"`
}

type genericEar struct {
	Language string   `json:"language"`
	Hints    []string `json:"hints"`
}

type genericDial struct {
	Verb    string            `json:"verb"`
	To      string            `json:"to"`
	From    string            `json:"from"`
	Timeout int               `json:"timeout_ms"`
	Limit   int               `json:"limit_ms"`
	Refer   bool              `json:"refer"`
	Whisper bool              `json:"whisper"`
	Headers map[string]string `json:"headers"`
	Next    string            `json:"next"`
	Lost    string            `json:"lost"`
}

type genericRecord struct {
	Verb       string `json:"verb"`
	Recording  string `json:"recording"`
	Max        int    `json:"max_ms"`
	Silence    int    `json:"silence_ms"`
	Terminator string `json:"terminator"`
	Beep       *bool  `json:"beep"`
	Next       string `json:"next"`
	Lost       string `json:"lost"`
}

type genericRecordCall struct {
	Verb string `json:"verb"`
	Do   string `json:"do"`
}

type genericEnqueue struct {
	Verb  string `json:"verb"`
	Queue string `json:"queue"`
	Again *bool  `json:"again"`
	Next  string `json:"next"`
	Lost  string `json:"lost"`
}

type genericMusic struct {
	Verb   string `json:"verb"`
	URL    string `json:"url"`
	Length int    `json:"length_ms"`
}

type genericPlay struct {
	Verb string `json:"verb"`
	URL  string `json:"url"`
}

type genericPause struct {
	Verb   string `json:"verb"`
	Length *int   `json:"length_ms"`
}

type genericContinue struct {
	Verb string `json:"verb"`
	Next string `json:"next"`
	Lost string `json:"lost"`
}

// heard is what is heard of a text, which is there.
func (t genericText) heard() string {
	if t.Audio != "" {
		return recorded(t.Audio)
	}
	return *t.Text
}

func readGeneric(a answer) (genericReply, error) {
	var doc genericReply
	if err := isJSON(a, http.StatusOK); err != nil {
		return doc, err
	}
	if err := strict(a.body, &doc); err != nil {
		return doc, err
	}
	if doc.Verbs == nil {
		return doc, errors.New("the answer has no verbs")
	}
	return doc, nil
}

// isJSON tells whether an answer can be read as a document.
func isJSON(a answer, statuses ...int) error {
	good := false
	for _, s := range statuses {
		good = good || a.status == s
	}
	if !good {
		return fmt.Errorf("HTTP %d", a.status)
	}
	if t, _, err := mime.ParseMediaType(a.contentType); err != nil || t != "application/json" {
		return fmt.Errorf("the content type is %q, expected application/json", a.contentType)
	}
	return nil
}

// strict reads JSON that holds nothing unknown.
func strict(data []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("the document cannot be read: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("the document goes on after its end")
	}
	return nil
}
