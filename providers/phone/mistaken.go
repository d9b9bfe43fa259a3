package phone

import "strings"

// Mistaken is how numbers of the country begin, in E.164, that one might mean by few
// digits which Beginnings takes for extensions: "+611300" for "1300" of Australia. False
// where no number begins so, or the digits are taken for those anyway.
func (r Region) Mistaken(raw string) (e164 string, ok bool) {
	digits, plus, ok := dialled(raw)
	home := known().country(r.code)
	if !ok || plus || home == nil || len(r.Beginnings(raw)) > 0 {
		return "", false
	}
	for _, length := range home.lengths {
		for last := byte('0'); last <= '9' && len(digits) < length; last++ {
			number := digits + strings.Repeat(string(last), length-len(digits))
			if home.number.matches(number) && (len(home.types) == 0 || home.has(number)) {
				return "+" + home.code + digits, true
			}
		}
	}
	return "", false
}
