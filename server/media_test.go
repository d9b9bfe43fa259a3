package server_test

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMedia(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, content := range map[string]string{
		"media/welcome.wav": "RIFFabcd", "media/es/welcome.MP3": "ID3", "media/notes.html": "<script>", "media/50%off.wav": "x",
		"media/.hidden.wav": "no", "media/.git/config": "no", "secret.txt": "no",
	} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(folder, "secret.txt"), filepath.Join(folder, "media", "out.txt")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(filepath.Join(folder, "media"))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	b := newBench(t, withMedia(map[string]fs.FS{"authzero": root.FS()}))

	w := b.do(http.MethodGet, "/v1/media/authzero/welcome.wav", nil)
	if w.Code != http.StatusOK || w.Body.String() != "RIFFabcd" || w.Header().Get("Content-Type") != "audio/wav" ||
		w.Header().Get("Last-Modified") == "" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("HTTP %d %q %v", w.Code, w.Body, w.Header())
	}
	since := w.Header().Get("Last-Modified")
	w = b.do(http.MethodHead, "/v1/media/authzero/welcome.wav", nil)
	if w.Code != http.StatusOK || w.Body.Len() != 0 || w.Header().Get("Content-Length") != "8" {
		t.Errorf("HEAD: HTTP %d %q %v", w.Code, w.Body, w.Header())
	}
	w = b.do(http.MethodGet, "/v1/media/authzero/welcome.wav", nil, "Range", "bytes=4-5")
	if w.Code != http.StatusPartialContent || w.Body.String() != "ab" || w.Header().Get("Content-Range") != "bytes 4-5/8" {
		t.Errorf("range: HTTP %d %q %v", w.Code, w.Body, w.Header())
	}
	if w = b.do(http.MethodGet, "/v1/media/authzero/welcome.wav", nil, "If-Modified-Since", since); w.Code != http.StatusNotModified {
		t.Errorf("unchanged: HTTP %d", w.Code)
	}
	for path, kind := range map[string]string{
		"es/welcome.MP3": "audio/mpeg", "notes.html": "application/octet-stream", "50%25off.wav": "audio/wav",
	} {
		if w := b.do(http.MethodGet, "/v1/media/authzero/"+path, nil); w.Code != http.StatusOK || w.Header().Get("Content-Type") != kind {
			t.Errorf("%s: HTTP %d %s, expected %s", path, w.Code, w.Header().Get("Content-Type"), kind)
		}
	}

	for _, path := range []string{
		"", "es", "es/", "nosuch.wav", "../secret.txt", "..%2fsecret.txt", "%2e%2e/secret.txt", "es/../../secret.txt",
		"..%5csecret.txt", "out.txt", ".hidden.wav", ".git/config", "/etc/passwd", "%2fetc%2fpasswd", "welcome.wav/", "welcome.wav%00.txt",
		"es//welcome.MP3", "./welcome.wav", strings.Repeat("a/", 2000),
	} {
		w := b.do(http.MethodGet, "/v1/media/authzero/"+path, nil)
		if w.Code != http.StatusNotFound || w.Body.Len() != 0 {
			t.Errorf("%q: HTTP %d %q, expected a bare 404", path, w.Code, w.Body)
		}
	}
	wantBare(t, b.do(http.MethodGet, "/v1/media/herd/welcome.wav", nil), http.StatusNotFound)
	wantBare(t, b.do(http.MethodGet, "/v1/media/..%2fauthzero/welcome.wav", nil), http.StatusNotFound)
}
