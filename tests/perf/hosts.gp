# hosts.gp - draws hosts-sim.tsv (tests/perf/hosts-sim.sh): efficiency by the
# number of hosts, a line for each distance. For gnuplot 5.
#
#     gnuplot -e "tsv='hosts-sim.tsv'; svg='hosts-sim.svg'" hosts.gp

set terminal svg size 700, 400 font "sans-serif,13" background "white"
set output svg
set datafile separator "\t"
set title "--on: share of the hosts' time that is used, by distance"
set xlabel "hosts of one worker"
set ylabel "efficiency"
set logscale x 2
set xrange [0.9:9]
set yrange [0:1.05]
set grid ytics lc rgb "#cccccc"
set border 3
set xtics nomirror
set ytics nomirror
set key bottom left
trips = system(sprintf("awk 'NR > 1 && !seen[$2]++ { print $2 }' %s", tsv))
points(trip) = sprintf("< awk -F'\\t' '$2 == %s' %s", trip, tsv)
plot for [trip in trips] points(trip) using 1:4 with linespoints lw 2 pt 7 \
	title sprintf("%.1f ms there and back", real(trip) / 1000)
