package flows

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A mark below a line is "^ code" under a character of it, or "@N code" for its
// N-th.
var mark = regexp.MustCompile(`^\s*#\s*(?:\^|@(\d+)) ([a-z-]+)$`)

// The files of testdata/marked say themselves what is wrong with them, and where.
// One run reports that and nothing else.
func TestMarked(t *testing.T) {
	t.Parallel()
	for _, file := range glob(t, "testdata/marked/*.yaml") {
		src := read(t, file)
		var want, got []string
		last := 0
		for i, line := range strings.Split(string(src), "\n") {
			m := mark.FindStringSubmatch(line)
			if m == nil {
				last = i + 1
				continue
			}
			col := len([]rune(line[:strings.Index(line+"^", "^")])) + 1
			if m[1] != "" {
				col, _ = strconv.Atoi(m[1])
			}
			want = append(want, fmt.Sprintf("%d:%d %s", last, col, m[2]))
		}
		if filepath.Base(file) == "twenty.yaml" && len(want) != 20 {
			t.Errorf("%s has %d marks", file, len(want))
		}
		for _, d := range checkSource(file, src) {
			got = append(got, fmt.Sprintf("%s %s", d.Pos, d.Code))
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-marked +found):\n%s", file, diff)
		}
	}
}
