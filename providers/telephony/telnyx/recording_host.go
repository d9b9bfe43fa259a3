package telnyx

import (
	"net/url"
	"path"
	"strings"

	"callflow/providers/telephony"
)

// bucket is where Telnyx keeps recordings: in that of S3, and in those whose names go on
// with a place, such as telephony-recorder-prod-fr5. Its page "Storing call recordings"
// shows the first.
const bucket = "telephony-recorder-prod"

// placeMost bounds what a bucket's name goes on with, in bytes.
const placeMost = 6

// isRecording tells whether a recording is where Telnyx keeps recordings, or where it was
// told to keep them. S3 is everybody's: there, the bucket must be Telnyx'.
func isRecording(address, host string) bool {
	if !telephony.IsWebAddress(address) {
		return false
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.User != nil || path.Clean(u.Path) != u.Path {
		return false
	}
	at := strings.ToLower(u.Host)
	switch {
	case host != "" && at == host, strings.HasSuffix(at, ".telnyx.com"):
		return true
	case isS3(at):
		first, _, _ := strings.Cut(strings.TrimPrefix(u.EscapedPath(), "/"), "/")
		return isBucket(first)
	}
	first, rest, _ := strings.Cut(at, ".")
	return isBucket(first) && isS3(rest)
}

// isS3 tells hosts of S3: s3.amazonaws.com and, in a region, s3.eu-central-1.amazonaws.com.
func isS3(host string) bool {
	rest, named := strings.CutPrefix(host, "s3.")
	region, amazon := strings.CutSuffix("."+rest, ".amazonaws.com")
	return named && amazon && (region == "" || region != "." && isPlace(region[1:]))
}

func isBucket(name string) bool {
	rest, ours := strings.CutPrefix(name, bucket)
	place, dash := strings.CutPrefix(rest, "-")
	return ours && (rest == "" || dash && place != "" && len(place) <= placeMost && isPlace(place))
}

// isPlace tells whether a name is made of small letters, digits and dashes.
func isPlace(name string) bool {
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
