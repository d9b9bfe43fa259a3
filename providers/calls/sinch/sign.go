package sinch

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// contentType is signed as it is sent.
const contentType = "application/json"

// signed makes the header fields of a signed request.
func (c *Caller) signed(body []byte, now time.Time) http.Header {
	when := now.UTC().Format("2006-01-02T15:04:05.0000000Z")
	return http.Header{
		"X-Timestamp":   {when},
		"Authorization": {"application " + c.c.Key + ":" + signature(c.secret, contentType, when, path, body)},
	}
}

// signature is the HMAC-SHA256 under the decoded secret of the method, the MD5 of the
// body, its type, the time and the path, in Base64.
func signature(secret []byte, contentType, when, path string, body []byte) string {
	sum := md5.Sum(body)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(strings.Join([]string{
		http.MethodPost, base64.StdEncoding.EncodeToString(sum[:]), contentType, "x-timestamp:" + when, path,
	}, "\n")))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
