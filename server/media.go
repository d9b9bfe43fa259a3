package server

import (
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/labstack/echo/v4"
)

// mediaRoute is where media files begin.
const mediaRoute = "/v1/media/"

// mediaType is the content type of a file, whatever the machine thinks of it.
func mediaType(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".wav":
		return "audio/wav"
	case ".mp3":
		return "audio/mpeg"
	case ".ogg", ".opus":
		return "audio/ogg"
	case ".flac":
		return "audio/flac"
	case ".m4a":
		return "audio/mp4"
	case ".au", ".ulaw":
		return "audio/basic"
	case ".gsm":
		return "audio/x-gsm"
	case ".txt":
		return "text/plain; charset=utf-8"
	case ".json":
		return "application/json"
	default:
		return "application/octet-stream"
	}
}

// media sends a file from the media folder of a flow. Whatever is not a plain file
// inside it is not there.
func (s *Server) media(c echo.Context) error {
	flow, name, _ := strings.Cut(strings.TrimPrefix(c.Request().URL.Path, mediaRoute), "/")
	folder, ok := s.deps.Media[flow]
	if !ok || !isMediaName(name) {
		return c.NoContent(http.StatusNotFound)
	}
	file, err := folder.Open(name)
	if err != nil {
		return c.NoContent(http.StatusNotFound)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return c.NoContent(http.StatusNotFound)
	}
	content, ok := file.(io.ReadSeeker)
	if !ok {
		return c.NoContent(http.StatusNotFound)
	}
	header := c.Response().Header()
	header.Set("Content-Type", mediaType(name))
	header.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(c.Response(), c.Request(), "", info.ModTime(), content)
	return nil
}

// isMediaName refuses what climbs, what is hidden, and what only Windows reads as
// a way out.
func isMediaName(name string) bool {
	if !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\\x00:") {
		return false
	}
	for word := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(word, ".") {
			return false
		}
	}
	return true
}
