# chart.gp - draws results.tsv (tests/perf/phash-bench.sh) as bars: how many
# times as long the peer takes. For gnuplot 5.
#
#     gnuplot -e "tsv='results.tsv'; svg='results.svg'" chart.gp

set terminal svg size 900, 420 font "sans-serif,13" background "white"
set output svg
set datafile separator "\t"
set title "phash against its peers: times as fast (medians)"
set style fill solid 0.85
set xrange [0:*]
set yrange [*:*] reverse
set offsets 0, 0.6, 0.6, 0.6
set grid xtics lc rgb "#cccccc"
set key off
set xtics nomirror
set ytics nomirror
set border 3
set lmargin 46
set arrow from 1, graph 0 to 1, graph 1 nohead dashtype 2 lc rgb "#888888"
faster = sprintf("< awk -F'\\t' '$6 == \"faster\"' %s", tsv)
plot faster using ($5 / 2):0:($5 / 2):(0.3): \
		ytic(stringcolumn(1) . ": " . stringcolumn(2)) \
		with boxxyerror lc rgb "#2b6cb0", \
	faster using 5:0:(sprintf("%.1f", $5)) with labels left offset 0.6, 0
