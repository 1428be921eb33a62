package server

import (
	"fmt"
	"net/url"
	"strconv"

	"or3.cloud/or3/ui"
)

func setUnless(v url.Values, key, value, usual string) {
	if value != usual {
		v.Set(key, value)
	}
}

func withQuery(path string, v url.Values) string {
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// known lets a query value through when it is one of those that mean something.
func known(value string, values ...string) string {
	for _, v := range values {
		if v == value {
			return v
		}
	}
	return ""
}

// pageNumber reads ?page=; nonsense is the first page.
func (r *request) pageNumber() int {
	n, err := strconv.Atoi(r.Query("page"))
	if err != nil || n < 1 || n > 100_000 {
		return 1
	}
	return n
}

// numbered is the pager of a list with pages: "26 to 50 of 128".
func numbered(page, perPage, total int, address func(page int) string) ui.Pager {
	from := (page-1)*perPage + 1
	to := min(page*perPage, total)
	p := ui.Pager{Text: fmt.Sprintf("%s to %s of %s", ui.Number(from), ui.Number(to), ui.Number(total))}
	if total == 0 || from > total {
		p.Text = "0 of " + ui.Number(total)
	}
	if page > 1 {
		p.PrevURL = address(min(page-1, max(1, (total+perPage-1)/perPage)))
	}
	if to < total {
		p.NextURL = address(page + 1)
	}
	return p
}
