package plivo

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

// packageEnv names the directory with the node_modules that hold Plivo's own package.
// The continuous integration installs plivo 4.79.0 there.
const packageEnv = "CALLFLOW_PLIVO"

// judged is a request, or a document, as the judge reads it.
type judged struct {
	Method    string              `json:"method,omitempty"`
	URL       string              `json:"url,omitempty"`
	Nonce     string              `json:"nonce,omitempty"`
	Token     string              `json:"token,omitempty"`
	Signature string              `json:"signature,omitempty"`
	Params    map[string][]string `json:"params,omitempty"`
	Document  *node               `json:"document,omitempty"`
}

// node is an element of a document.
type node struct {
	Name       string            `json:"name"`
	Attributes map[string]string `json:"attributes"`
	Text       string            `json:"text"`
	Inner      []*node           `json:"inner"`
}

// judge asks Plivo's package about requests and documents, one verdict for each.
func judge(t *testing.T, asked []judged) []bool {
	t.Helper()
	dir := os.Getenv(packageEnv)
	if dir == "" {
		t.Skipf("%s is not set: it names a directory in which `npm install plivo@4.79.0` was run", packageEnv)
	}
	program, err := exec.LookPath("node")
	if err != nil {
		t.Skipf("Node is not installed: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "plivo")); err != nil {
		t.Skipf("%s has no plivo: %v", packageEnv, err)
	}
	var in bytes.Buffer
	lines := json.NewEncoder(&in)
	for _, r := range asked {
		if err := lines.Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), program, filepath.Join("testdata", "judge.cjs"))
	cmd.Stdin = &in
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, complaints.String())
	}
	var verdicts []bool
	for line := range strings.FieldsSeq(string(out)) {
		verdicts = append(verdicts, line == "true")
	}
	if len(verdicts) != len(asked) {
		t.Fatalf("%d verdicts on %d:\n%s%s", len(verdicts), len(asked), out, complaints.String())
	}
	t.Logf("%.2000s", complaints.String())
	return verdicts
}

// TestJudge: the signatures that Plivo's package takes, we take, and the other way
// round.
func TestJudge(t *testing.T) {
	const token = "pl_token"
	codec := newCodec(t, Config{Tokens: secrets(token)})
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	text := func() string {
		var b strings.Builder
		for range random.IntN(6) {
			b.WriteString(pick("a", "Z", "0", "#", "*", " ", "+", "&", "=", "%", "é", "李", "\n", "'", "~", "/", ";", "."))
		}
		return b.String()
	}
	var requests []judged
	var ours []bool
	for range 400 {
		j := judged{Method: pick("POST", "POST", "GET"), Nonce: testNonce, Token: token, Params: map[string][]string{}}
		j.URL = "https://ivr.example.com" + pick("", "", ":8443") + "/v1/plivo/turns/s1/3/n0nce" + pick("", "?lost=1", "?on=gather&lost=1", "?recording=s1-1&on=record", "?b=2&a=1&b=1")
		r := telephony.Request{Method: j.Method, Header: http.Header{"Content-Type": {formType}}}
		form := url.Values{}
		for range random.IntN(5) {
			name := pick("CallUUID", "Digits", "x"+text())
			form[name] = append(form[name], text())
		}
		if j.Method == "GET" {
			sep := "?"
			if strings.Contains(j.URL, "?") {
				sep = "&"
			}
			if query := form.Encode(); query != "" {
				j.URL += sep + query
			}
		} else {
			j.Params, r.Body = form, []byte(form.Encode())
		}
		u, err := url.Parse(j.URL)
		if err != nil {
			t.Fatal(err)
		}
		r.URL = u
		signed, err := signedText(r)
		if err != nil {
			t.Fatal(err)
		}
		j.Signature = sign(pick(token, token, token, "another"), string(signed)+"."+testNonce)
		if random.IntN(8) == 0 {
			j.URL = strings.Replace(j.URL, "ivr.", "ivx.", 1)
			if r.URL, err = url.Parse(j.URL); err != nil {
				t.Fatal(err)
			}
		}
		if random.IntN(4) == 0 {
			j.Signature = sign("x", "x") + "," + j.Signature
		}
		r.Header.Set(Header, j.Signature)
		r.Header.Set(NonceHeader, testNonce)
		requests = append(requests, j)
		ours = append(ours, codec.Verify(r, time.Time{}) == nil)
	}
	good := 0
	for i, theirs := range judge(t, requests) {
		if theirs != ours[i] {
			t.Errorf("Plivo's package says %v, we say %v: %+v", theirs, ours[i], requests[i])
		}
		if theirs {
			good++
		}
	}
	if good < 100 || good > 380 {
		t.Errorf("%d of %d requests are good: the judge is asleep", good, len(requests))
	}
	t.Logf("Plivo's package and we agree about %d requests, %d of them good", len(requests), good)
}

// tree reads a document.
func tree(t *testing.T, document []byte) *node {
	t.Helper()
	root := &node{}
	open := []*node{root}
	decoder := xml.NewDecoder(bytes.NewReader(document))
	for {
		token, err := decoder.Token()
		if err != nil {
			if len(root.Inner) != 1 {
				t.Fatalf("%v in %s", err, document)
			}
			return root.Inner[0]
		}
		top := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			n := &node{Name: token.Name.Local, Attributes: map[string]string{}}
			for _, a := range token.Attr {
				n.Attributes[a.Name.Local] = a.Value
			}
			top.Inner = append(top.Inner, n)
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			top.Text += string(token)
		}
	}
}

// TestJudgeDocuments: whatever this codec answers, the builders of Plivo's package can
// write too: they hold each element to what may stand in it.
func TestJudgeDocuments(t *testing.T) {
	codec := newCodec(t, Config{Unsigned: true, Voices: map[string]Voice{"Karen": {Voice: "Polly.Olivia"}}})
	var asked []judged
	encode := func(o telephony.Outbound) {
		if reply, err := codec.Encode(o); err == nil {
			asked = append(asked, judged{Document: tree(t, reply.Body)})
		}
	}
	for _, o := range codectest.Families() {
		encode(o.Out)
		for _, text := range codectest.Hostile() {
			out := o.Out
			out.Apology = engine.Say{Text: text, Lang: text, Voice: text}
			out.Verbs = append([]engine.Verb{engine.Say{Text: text, Lang: "es", Voice: "Karen"}}, out.Verbs...)
			encode(out)
		}
	}
	good := len(asked)
	for _, bad := range []string{
		`<Response><Say>x</Say></Response>`,
		`<Response><Speak colour="red">x</Speak></Response>`,
		`<Response><Speak voice="alice">x</Speak></Response>`,
		`<Response><GetDigits><Dial/></GetDigits></Response>`,
		`<Response><GetDigits actionOnEmptyResult="true"/></Response>`,
		`<Response><Dial><Sip>sip:a@b</Sip></Dial></Response>`,
		`<Response><Wait seconds="1"/></Response>`,
	} {
		asked = append(asked, judged{Document: tree(t, []byte(bad))})
	}
	for i, theirs := range judge(t, asked) {
		if theirs != (i < good) {
			document, _ := json.Marshal(asked[i].Document)
			t.Errorf("Plivo's package says %v of %s", theirs, document)
		}
	}
	t.Logf("Plivo's package can write %d documents", good)
}
