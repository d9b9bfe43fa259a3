package loopback

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestServe(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	err := serve(ctx, "127.0.0.1:0", hello, func(addr string) {
		defer stop()
		res, err := client.Get("http://" + addr)
		if err != nil {
			t.Error(err)
			return
		}
		defer res.Body.Close()
		if body, _ := io.ReadAll(res.Body); string(body) != "hello" {
			t.Errorf("%q", body)
		}
	})
	if err != nil {
		t.Error(err)
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{":0", "0.0.0.0:0", "192.0.2.1:0", "nonsense"} {
		err := serve(t.Context(), listen, nil, func(string) { t.Errorf("%s: it listens", listen) })
		if err == nil || !strings.HasPrefix(err.Error(), "listen on "+listen) {
			t.Errorf("%s: %v", listen, err)
		}
	}
}
