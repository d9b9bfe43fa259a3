package generic

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

// blocks are the README's code blocks of a language.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, part := range strings.Split(string(readme), "\n```"+language+"\n")[1:] {
		block, _, _ := strings.Cut(part, "\n```")
		found = append(found, block)
	}
	return found
}

// TestReadmeJSON: every request and reply of the README is one.
func TestReadmeJSON(t *testing.T) {
	request, reply := compile(t, RequestSchema(), ""), compile(t, ReplySchema(), "")
	n := 0
	for _, block := range blocks(t, "json") {
		n++
		schema := request
		if strings.Contains(block, `"verbs"`) {
			schema = reply
		}
		if err := validate(t, schema, block); err != nil {
			t.Errorf("%s\n%v", block, err)
		}
	}
	if n < 5 {
		t.Errorf("only %d examples", n)
	}
	// The events of the table are events.
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	codec := newCodec(t, Config{Unsigned: true})
	events := 0
	for line := range strings.Lines(string(readme)) {
		event, _, ok := strings.Cut(strings.TrimPrefix(line, "| `{"), "}` |")
		if !ok || !strings.HasPrefix(line, "| `{") {
			continue
		}
		events++
		body := `{"call":{"id":"c"},"event":{` + event + `}}`
		if _, err := codec.Decode(telephony.Request{Route: telephony.RouteTurn, Body: []byte(body)}); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
	if events != 10 {
		t.Errorf("%d events in the table, expected 10", events)
	}
}

// TestReadmeSignature: the README's example of a signature verifies.
func TestReadmeSignature(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(readme), "```\nCallflow-Signature: ")
	if !ok {
		t.Fatal("the README has no example of a signature")
	}
	header, _, _ := strings.Cut(rest, "\n")
	codec := newCodec(t, Config{Secrets: []engine.Secret{engine.NewSecret("wh_secret")}})
	r := telephony.Request{
		Header: http.Header{Header: {header}},
		Body:   []byte(`{"call":{"id":"demo-1"},"event":{"type":"silence"}}`),
	}
	if err := codec.Verify(r, time.Unix(1795257016, 0)); err != nil {
		t.Errorf("%s: %v", header, err)
	}
}

// TestReadmeScript runs the README's shell function against a server that verifies
// and decodes what it posts.
func TestReadmeScript(t *testing.T) {
	for _, tool := range []string{"sh", "openssl", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the script needs %s: %v", tool, err)
		}
	}
	codec := newCodec(t, Config{Secrets: []engine.Secret{engine.NewSecret("wh_secret")}})
	routes := map[string]telephony.Route{
		"/v1/generic/calls/authzero": telephony.RouteStart, "/turn": telephony.RouteTurn, "/notice": telephony.RouteNotice,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		req := telephony.Request{Route: routes[r.URL.Path], Method: r.Method, URL: r.URL, Header: r.Header, Body: body}
		if err := codec.Verify(req, time.Now()); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		in, err := codec.Decode(req)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if _, err := io.WriteString(w, codectest.Describe(in.Event)+" of "+in.Call.ID); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()

	script := strings.ReplaceAll(strings.Join(blocks(t, "sh"), "\n"), "http://127.0.0.1:8080", server.URL)
	cmd := exec.CommandContext(t.Context(), "sh", "-eu", "-c", "turn="+server.URL+"/turn\nnotice="+server.URL+"/notice\n"+script)
	cmd.Env = append(os.Environ(), "no_proxy=127.0.0.1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := "nothing of demo-1\ndigits 12345# terminator of demo-1\ndigits 1234 length of demo-1\nnoinput of demo-1\nended by caller of demo-1\n"
	if string(out) != want {
		t.Errorf("got\n%swant\n%s", out, want)
	}
}
