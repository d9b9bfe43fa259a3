package graph

import "strings"

// widths are those of the characters from space to ~ in Helvetica, in thousandths
// of the size (Adobe font metrics, which its look-alikes share).
const (
	firstWidth = ' '
	widthScale = 1000
)

var widths = [...]uint16{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
	556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
	667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
	556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
}

// otherFont is how much wider a line may become where Helvetica has no look-alike.
const otherFont = 1.16

// textWidth is how wide a line is at a size, or a little more: another font may
// take its place. Letters beyond ASCII count as wide ones, ideographs as squares.
func textWidth(line string, size float64, bold bool) float64 {
	n := 0
	for _, r := range line {
		switch i := int(r) - firstWidth; {
		case i >= 0 && i < len(widths):
			n += int(widths[i])
		case r < 0x2e80:
			n += 722
		default:
			n += widthScale
		}
	}
	w := float64(n) * size / widthScale
	if bold {
		w *= 1.08
	}
	return w * otherFont
}

// wrap breaks text into at most so many lines of about n characters; what is left
// is cut off.
func wrap(text string, n, lines int) []string {
	words := strings.Fields(text)
	var out []string
	line := ""
	for i, w := range words {
		switch {
		case line == "":
			line = w
		case len([]rune(line))+1+len([]rune(w)) <= n:
			line += " " + w
		case len(out) == lines-1:
			return append(out, short(line+" "+strings.Join(words[i:], " "), n))
		default:
			out, line = append(out, short(line, n)), w
		}
	}
	if line != "" {
		out = append(out, short(line, n))
	}
	return out
}
