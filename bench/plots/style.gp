# How all figures look. Colours are those of Okabe and Ito, told apart by colour-blind people too; a policy keeps its
# colour in all figures, and lines of one colour differ in their points and dashes.
colour(p) = \
    p eq "best" ? 0xD55E00 : p eq "thief" || p eq "thief-once" ? 0x0072B2 : p eq "reference-thief" ? 0x56B4E9 : \
    p eq "thief-fixed-resources" ? 0xCC79A7 : p[1:18] eq "thief-fixed-config" ? 0xE69F00 : \
    p eq "none" ? 0x009E73 : p eq "bound" ? 0x000000 : \
    p eq "noise 0" ? 0x4A1A00 : p eq "noise 0.05" ? 0x8A3800 : p eq "noise 0.1" ? 0xC24E00 : \
    p eq "noise 0.2" ? 0xE9711C : p eq "noise 0.5" ? 0xF0A875 : 0x7A7A7A
# Of a curve in a panel that is a policy: shades of noise are shades of the policy's colour.
colour_in(panel, p) = panel ne "thief" || p[1:6] ne "noise " ? colour(p) : \
    p eq "noise 0" ? 0x00243B : p eq "noise 0.05" ? 0x00466F : p eq "noise 0.1" ? 0x0072B2 : p eq "noise 0.2" ? 0x3A97CF : 0x7DBBE3
label(p) = \
    p eq "best" ? "best (ours)" : p eq "thief" ? "thief (paper)" : p eq "thief-once" ? "thief, planned once" : p eq "reference-thief" ? "thief (published code)" : \
    p eq "thief-fixed-resources" ? "thief, fixed shares" : p[1:18] eq "thief-fixed-config" ? "thief, fixed config." : \
    p eq "none" ? "no retraining" : p eq "bound" ? "upper bound" : \
    p eq "uniform:most-accurate:0.5" ? "uniform 1, 50 %" : p eq "uniform:cheapest:0.3" ? "uniform 2, 30 %" : \
    p eq "uniform:cheapest:0.5" ? "uniform 2, 50 %" : p eq "uniform:cheapest:0.9" ? "uniform 2, 90 %" : \
    p[1:6] eq "noise " ? sprintf("noise %.0f points", 100 * real(p[7:*])) : p
points(p) = \
    p eq "best" ? 7 : p eq "thief" ? 5 : p eq "thief-once" ? 4 : p eq "reference-thief" ? 13 : p eq "thief-fixed-resources" ? 9 : \
    p[1:18] eq "thief-fixed-config" ? 11 : p eq "none" ? 1 : p eq "bound" ? 0 : \
    p eq "uniform:most-accurate:0.5" ? 4 : p eq "uniform:cheapest:0.3" ? 8 : p eq "uniform:cheapest:0.5" ? 6 : \
    p eq "uniform:cheapest:0.9" ? 12 : p eq "uniform" ? 6 : 7
set dashtype 2 (5, 4)
set dashtype 3 (1.5, 4)
dashes(p) = p eq "bound" ? 3 : p[1:7] eq "uniform" || p eq "thief-once" ? 2 : 1
width(p) = p eq "best" ? 3 : p eq "bound" ? 1.5 : p[1:7] eq "uniform" ? 1.3 : 2

# start(FILE, W, H): the figure goes to FILE, W x H pixels; PNG has twice as many, for sharp screens.
start(file, w, h) = file[strlen(file) - 3 : *] eq ".svg" \
    ? sprintf("set terminal svg size %d,%d dynamic font 'Helvetica,Arial,sans-serif,14' background '#FFFFFF'; set output '%s'", w, h, file) \
    : sprintf("set terminal pngcairo size %d,%d fontscale 2 linewidth 2 pointscale 2 dashlength 2 font 'sans,10.5' background '#FFFFFF'; set output '%s'", 2 * w, 2 * h, file)

set encoding utf8
set border 3 linewidth 1 linecolor rgb "#404040"
set tics nomirror out scale 0.6 textcolor rgb "#303030"
set grid ytics linetype 1 linewidth 1 linecolor rgb "#DDDDDD" dashtype solid
set key off
