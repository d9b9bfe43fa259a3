package server

import (
	"embed"
	"net/http"

	"github.com/labstack/echo/v4"
)

// console are the pages that people use: plain files, without a build.
//
//go:embed console
var console embed.FS

// consoleFiles are the files of a page, by where they are asked for.
var consoleFiles = []struct{ path, file, kind string }{
	{consoleRoute, "console/lookup.html", "text/html; charset=utf-8"},
	{consoleRoute + ".js", "console/lookup.js", "text/javascript; charset=utf-8"},
	{consoleRoute + ".css", "console/lookup.css", "text/css; charset=utf-8"},
}

// consoleHandler sends one of them. The page loads nothing from elsewhere, runs no
// script but its own, and stands in nobody's frame.
func consoleHandler(file, kind string) (echo.HandlerFunc, error) {
	content, err := console.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		return c.Blob(http.StatusOK, kind, content)
	}, nil
}
