# chart.gp - draws results.tsv (tests/perf/phash-bench.sh) as bars: how many
# times the peer's time phash takes less. For gnuplot 5.
#
#     gnuplot -e "tsv='results.tsv'; svg='results.svg'" chart.gp

set terminal svg size 900, 420 font "sans-serif,13" background "white"
set output svg
set datafile separator "\t"
set title "phash against its peers: times as fast (medians)"
set style fill solid 0.85
set boxwidth 0.6
set yrange [0:*]
set grid ytics lc rgb "#cccccc"
set key off
set xtics rotate by -25 nomirror
set ytics nomirror
set border 3
set bmargin 9
set rmargin 14
one(x) = 1.0
faster = sprintf("< awk -F'\\t' '$6 == \"faster\"' %s", tsv)
plot faster using 0:5:xtic(stringcolumn(2) . ", " . stringcolumn(1)) with boxes \
		lc rgb "#2b6cb0", \
	faster using 0:5:(sprintf("%.1f", $5)) with labels offset 0, 0.8, \
	one(x) with lines dashtype 2 lc rgb "#888888"
