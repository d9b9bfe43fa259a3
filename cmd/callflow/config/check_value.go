package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"callflow/flows"
	"callflow/providers"
	"callflow/server/gateway"
)

// The bounds of lengths of time, where a setting has none of its own.
const (
	minDuration = time.Millisecond
	maxDuration = time.Hour
)

// maxCount bounds a Count.
const maxCount = 1_000_000

// maxText bounds one value, in bytes.
const maxText = 4096

// check reads a value as its setting's kind wants it. It returns the text to use,
// or what is wrong with it, which never shows a secret. Paths are relative to dir.
func check(s providers.Setting, text, dir string) (use, problem string) {
	if strings.TrimSpace(text) == "" {
		return "", "is empty"
	}
	if len(text) > maxText {
		return "", fmt.Sprintf("has %d bytes; at most %d are read", len(text), maxText)
	}
	switch s.Kind {
	case providers.Secret, providers.Secrets:
		if strings.ContainsRune(text, 0) || !s.Lines && strings.ContainsAny(text, "\r\n") {
			return "", "is a secret with a line break in it; check how it is written"
		}
	case providers.Text:
		if strings.ContainsAny(text, "\r\n\x00") {
			return "", "is a text of several lines; expected one"
		}
	case providers.Rate:
		if _, err := gateway.ParseRate(text); err != nil {
			return "", "is not a rate: " + err.Error()
		}
	case providers.Amount:
		if _, err := gateway.ParseAmount(text); err != nil {
			return "", "is not an amount: " + err.Error()
		}
	case providers.Word, providers.Words:
		if strings.ContainsAny(text, " \t\r\n\x00") {
			expected := "one word"
			if s.Kind == providers.Words {
				expected += ", or a list of them"
			}
			return "", fmt.Sprintf("is %q; expected %s", clip(text), expected)
		}
		if s.OneOf != nil && !slices.Contains(s.OneOf, text) {
			problem := fmt.Sprintf("is %q; expected %s", clip(text), list(s.OneOf))
			if near := flows.Suggest(text, s.OneOf); near != "" {
				problem += "; " + near
			}
			return "", problem
		}
	case providers.Bool:
		value, ok := providers.ParseBool(text)
		switch {
		case !ok:
			return "", fmt.Sprintf("takes yes or no; found %q", clip(text))
		case value:
			return "yes", ""
		default:
			return "no", ""
		}
	case providers.Duration:
		longest := s.Longest
		if longest == 0 {
			longest = maxDuration
		}
		shortest := minDuration
		if s.Zero {
			shortest = 0
		}
		return text, checkDuration(text, shortest, longest)
	case providers.Count:
		if n, err := strconv.Atoi(text); err != nil || n < 1 || n > maxCount || strconv.Itoa(n) != text {
			return "", fmt.Sprintf("takes a whole number from 1 to %d; found %q", maxCount, clip(text))
		}
	case providers.Path, providers.Paths:
		if strings.ContainsRune(text, 0) {
			return "", "is not a path"
		}
		if !filepath.IsAbs(text) {
			text = filepath.Join(dir, text)
		}
	case providers.Address:
		return text, checkAddress(text)
	case providers.URL:
		return strings.TrimRight(text, "/"), checkURL(text)
	}
	return text, ""
}

func problemCode(k providers.Kind) flows.Code {
	if k == providers.Duration {
		return flows.CodeBadDuration
	}
	return flows.CodeBadValue
}

func checkDuration(text string, shortest, longest time.Duration) string {
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		hint := ""
		if _, err := strconv.Atoi(text); err == nil {
			hint = fmt.Sprintf("; write %q for seconds", text+"s")
		}
		return fmt.Sprintf("takes a length of time such as 5s, 500ms or 1m30s; found %q%s", clip(text), hint)
	case d < shortest || d > longest:
		return fmt.Sprintf("is %s; expected %s to %s", clip(text), shortest, strings.TrimSuffix(longest.String(), "0m0s"))
	default:
		return ""
	}
}

func checkAddress(text string) string {
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return fmt.Sprintf("takes an address such as 127.0.0.1:8080 or :8080; found %q", clip(text))
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Sprintf("has the port %q; expected a number from 0 to 65535", clip(port))
	}
	return ""
}

// checkURL never shows what it finds where that may hold a password.
func checkURL(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "is not a URL; expected one such as https://ivr.example.com"
	case u.User != nil || strings.Contains(text, "@"):
		return "has a user name or a password in it; send them as a header"
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "", u.Hostname() == "":
		return fmt.Sprintf("takes a URL that begins with https:// or http://; found %q", clip(text))
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "has a ? or a # in it; expected a URL that ends with its path"
	default:
		return ""
	}
}

// isLoopback tells whether only this machine reaches a host: "localhost",
// "127.0.0.1", "::1".
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
