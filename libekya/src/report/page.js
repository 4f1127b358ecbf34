// Curves that a reader can zoom into, in place of the still pictures, where the page holds their
// data. Texts of records are only ever set as text, never as HTML.
(function () {
  'use strict';
  if (typeof Dygraph === 'undefined') return;

  // dygraphs sets a style attribute as text, which the page's policy forbids; as a property it may.
  const setAttribute = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function (name, value) {
    if (name === 'style') this.style.cssText = value;
    else setAttribute.call(this, name, value);
  };

  function legend(curves, numbers) {
    return function (data) {
      const all = document.createDocumentFragment();
      if (data.x !== undefined) {
        const time = document.createElement('span');
        time.textContent = data.xHTML;
        all.appendChild(time);
      }
      data.series.forEach(function (series) {
        if (!series.isVisible || (data.x !== undefined && series.y === undefined)) return;
        const entry = document.createElement(series.isHighlighted ? 'b' : 'span');
        const key = document.createElement('i');
        key.style.backgroundColor = series.color;
        entry.appendChild(key);
        const name = curves[Number(series.label)].name;
        const value = series.y === undefined || series.y === null ? '' : ' ' + numbers(series.y);
        entry.appendChild(document.createTextNode(name + value));
        const holder = document.createElement('span');
        holder.appendChild(entry);
        all.appendChild(holder);
      });
      return all;
    };
  }

  // The last step ends where the last value does.
  function end(chart, order) {
    if (!chart.steps || !chart.end) return [];
    const last = {
      wallClock: chart.wallClock,
      intervals: chart.intervals,
      times: [chart.end],
      values: chart.values.slice(-1)
    };
    return rows(last, order);
  }

  function rows(chart, order) {
    const width = chart.intervals ? 3 : 1;
    return chart.times.map(function (time, i) {
      const row = [chart.wallClock ? new Date(time * 1000) : time];
      order.forEach(function (curve) {
        const cell = chart.values[i].slice(curve * width, (curve + 1) * width);
        if (width === 1) row.push(cell[0]);
        else row.push(cell[1] === null ? [null, null, null] : cell);
      });
      return row;
    }).concat(end(chart, order));
  }

  // Retrainings as bars at the bottom, a row for each curve; new models as triangles on the curves.
  function marks(chart) {
    const x = function (graph, time) {
      return graph.toDomXCoord(chart.wallClock ? time * 1000 : time);
    };
    return function (canvas, area, graph) {
      const rowsUsed = chart.bars.reduce(function (most, bar) {
        return Math.max(most, bar[0] + 1);
      }, 0);
      const height = Math.min(8, area.h / 3 / Math.max(1, rowsUsed));
      chart.bars.forEach(function (bar) {
        const left = x(graph, bar[1]);
        const top = area.y + area.h - (bar[0] + 1) * height + 1;
        const width = Math.max(2, x(graph, bar[2]) - left);
        canvas.fillStyle = canvas.strokeStyle = chart.curves[bar[0]].colour;
        if (bar[3]) canvas.fillRect(left, top, width, height - 2);
        else canvas.strokeRect(left, top, width, height - 2);
      });
      const size = chart.triangles.length > 150 ? 3 : 6;
      chart.triangles.forEach(function (mark) {
        const at = [x(graph, mark[1]), graph.toDomYCoord(mark[2])];
        canvas.fillStyle = chart.curves[mark[0]].colour;
        canvas.beginPath();
        canvas.moveTo(at[0], at[1] - size);
        canvas.lineTo(at[0] - size, at[1] + size - 1);
        canvas.lineTo(at[0] + size, at[1] + size - 1);
        canvas.fill();
      });
    };
  }

  function draw(figure) {
    const chart = JSON.parse(figure.querySelector('script').textContent);
    if (chart.times.length === 0) return;
    const live = document.createElement('div');
    live.className = 'live';
    const area = document.createElement('div');
    area.className = 'chart';
    const labels = document.createElement('div');
    labels.className = 'legend';
    live.append(area, labels);
    const picture = figure.querySelector('.picture');
    figure.insertBefore(live, picture);
    figure.classList.add('scripted');
    // dygraphs stacks the last curve at the bottom.
    const order = chart.curves.map(function (_, i) { return i; });
    if (chart.stacked) order.reverse();
    const series = {};
    order.forEach(function (curve) {
      const dash = chart.curves[curve].dash;
      series[String(curve)] = {
        color: chart.curves[curve].colour,
        strokePattern: dash.length ? dash : null
      };
    });
    const numbers = function (value) {
      return chart.stacked ? value.toFixed(3) : value.toFixed(1) + ' %';
    };
    new Dygraph(area, rows(chart, order), {
      labels: ['x'].concat(order.map(String)),
      labelsDiv: labels,
      labelsUTC: true,
      legend: 'always',
      legendFormatter: legend(chart.curves, numbers),
      series: series,
      stackedGraph: chart.stacked,
      fillAlpha: chart.stacked ? 0.75 : 0.12,
      stepPlot: chart.steps,
      customBars: chart.intervals,
      drawPoints: !chart.stacked && chart.times.length <= 60,
      pointSize: 3,
      strokeWidth: chart.stacked ? 0.8 : 1.8,
      highlightSeriesOpts: chart.stacked ? null : { strokeWidth: 3.2 },
      includeZero: chart.stacked,
      xlabel: chart.xLabel,
      ylabel: chart.yLabel,
      showRangeSelector: true,
      rangeSelectorHeight: 26,
      animatedZooms: false,
      underlayCallback: marks(chart)
    });
    const button = document.createElement('button');
    button.type = 'button';
    const name = function () {
      const still = figure.classList.contains('still');
      button.textContent = still ? 'Zoomable curves' : 'Still picture, with all marks';
    };
    button.addEventListener('click', function () {
      figure.classList.toggle('still');
      name();
    });
    name();
    figure.insertBefore(button, picture.nextSibling);
  }

  // A chart in what is folded has no size until it is opened.
  document.querySelectorAll('figure[data-chart]').forEach(function (figure) {
    const folded = figure.closest('details');
    if (!folded || folded.open) return draw(figure);
    folded.addEventListener('toggle', function () { draw(figure); }, { once: true });
  });
})();
